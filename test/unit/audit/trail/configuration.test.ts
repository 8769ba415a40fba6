import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Configuration } from '../../../../src/audit/model'
import type { AuditStore } from '../../../../src/audit/store'
import type { AuditTrail } from '../../../../src/audit/trail'
import { openTrail } from '../../../../src/audit/trail/open'
import type { CadfEvent } from '../../../../src/cadf/event'
import { OperatorError } from '../../../../src/errors/operator-error'
import { handTimers } from '../../../support/hand-timers'
import { memoryAuditStore, storeFull } from '../../../support/memory-audit-store'

const BEFORE: Configuration = { retentionDays: 90, recordByDefault: true, tenantRules: ['acting-project'] }

describe('What the operator configures for a store', () => {
  const store = memoryAuditStore()
  const timers = handTimers()
  const notices: string[] = []
  let trail: AuditTrail | undefined

  async function open(configuration: Configuration, parts: Partial<AuditStore> = {}): Promise<void> {
    await trail?.close()
    trail = await openTrail({
      store: Object.assign(store, parts) as unknown as AuditStore,
      cloud: 'lab',
      configuration,
      timers,
      random: () => 0.5,
      uuid: randomUUID,
      onNotice: (text) => notices.push(text),
    })
  }
  const told = () => store.records.map(({ body }) => JSON.parse(body) as CadfEvent)

  beforeEach(() => {
    store.records.length = 0
    store.before = undefined
    notices.length = 0
    trail = undefined
    delete (store as { trouble?: unknown }).trouble
    store.configured = undefined
  })
  afterEach(() => trail?.close())

  it('is remembered the first time, and nothing is told', async () => {
    await open(BEFORE)
    assert.deepEqual(store.configured, BEFORE)
    assert.deepEqual(told(), [])
  })

  it('is not told of while it stays as it is, in whatever order', async () => {
    await open(BEFORE)
    await open(Object.fromEntries(Object.entries(BEFORE).reverse()))
    assert.deepEqual(told(), [])
  })

  it('is told of once when it has changed, with what was before, to administrators of the cloud only', async () => {
    await open(BEFORE)
    const after = { ...BEFORE, retentionDays: 30, tenantRules: [] }
    await open(after)
    await open(after)
    const [event, ...more] = told()
    assert.deepEqual(more, [])
    assert.deepEqual([event?.action, event?.outcome], ['update/settings', 'success'])
    assert.equal(event?.target.typeURI, 'data/audit/store')
    assert.equal(event?.target.name, 'audit store of lab')
    assert.deepEqual(
      event?.attachments?.map(({ name, content }) => [name, content]),
      [
        ['before', BEFORE],
        ['after', after],
      ],
    )
    const [record] = store.records
    assert.deepEqual([record?.cloud, record?.tenants], ['lab', []])
  })

  it('is told of before it is remembered, so that no change goes unseen', async () => {
    await open(BEFORE)
    const remembered: (Configuration | undefined)[] = []
    store.before = (what) => {
      if (what === 'insert') remembered.push(store.configured)
    }
    await open({ ...BEFORE, retentionDays: 30 })
    assert.deepEqual(remembered, [BEFORE])
    assert.equal(store.configured?.['retentionDays'], 30)
  })

  it('is a change where something is taken away, and none where a newer version asks for more', async () => {
    await open({ ...BEFORE, signedWith: 'hmac:1234' })
    await open({ ...BEFORE, signedWith: null })
    assert.equal(told().length, 1)
    await open({ ...BEFORE, signedWith: null, later: true })
    assert.equal(told().length, 1)
    await open({ ...BEFORE, signedWith: null, later: false })
    assert.equal(told().length, 2)
  })

  it('is told of a minute later where there was no room, and the trail opens meanwhile', async () => {
    await open(BEFORE)
    store.before = (what) => {
      if (what === 'insert') throw storeFull()
    }
    await open({ ...BEFORE, retentionDays: 30 })
    await timers.pass(61_000)
    assert.deepEqual(store.configured, BEFORE)
    assert.equal(notices.length, 1)
    assert.match(notices[0] ?? '', /changed.*on record.*The disk is full/)
    store.before = undefined
    await timers.pass(61_000)
    assert.equal(told().length, 1)
    assert.equal(store.configured?.['retentionDays'], 30)
    await timers.pass(600_000)
    assert.equal(told().length, 1)
  })

  it('is told of once also where it could not be remembered at once', async () => {
    await open(BEFORE)
    store.before = (what) => {
      if (what === 'setConfiguration') throw storeFull()
    }
    await open({ ...BEFORE, retentionDays: 30 })
    await timers.pass(200_000)
    store.before = undefined
    await timers.pass(61_000)
    assert.equal(told().length, 1)
    assert.equal(store.configured?.['retentionDays'], 30)
  })

  it('is told of by the next one that opens the store where this one was closed before it could', async () => {
    await open(BEFORE)
    store.before = (what) => {
      if (what === 'insert') throw storeFull()
    }
    await open({ ...BEFORE, retentionDays: 30 })
    await trail?.close()
    store.before = undefined
    await timers.pass(200_000)
    assert.equal(told().length, 0)
    await open({ ...BEFORE, retentionDays: 30 })
    assert.equal(told().length, 1)
  })

  it('is left alone in a store that is damaged', async () => {
    await open(BEFORE)
    const trouble = new OperatorError('AUDIT_STORE_DAMAGED', 'A page is not as it was written.')
    await open({ ...BEFORE, retentionDays: 30 }, { trouble })
    assert.deepEqual([told(), store.configured, notices], [[], BEFORE, []])
  })
})
