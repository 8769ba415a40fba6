import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { demoProjects, demoUsers } from '../../lab/demo/people'
import { OperatorError } from '../../src/errors/operator-error'
import { auditEvent } from '../support/audit-events'
import { AuditPageView } from '../support/audit-page'
import { type AuditSite, startAuditSite } from '../support/audit-site'

const MINUTE = 60_000

describe('the audit page, of what is not in the events themselves', function () {
  this.timeout(120_000)
  let site: AuditSite
  let view: AuditPageView

  before(async () => {
    site = await startAuditSite({ names: true })
    const now = Date.now()
    await site.trail.keep([
      auditEvent(1, {
        at: now - MINUTE,
        initiator: { name: '' },
        target: { id: demoProjects.shop.id, typeURI: 'data/security/project' },
      }),
      auditEvent(2, { at: now - 2 * MINUTE, initiator: { name: 'al' }, target: { name: 'a port' } }),
      // Of somebody who does not exist there is no name.
      auditEvent(3, { at: now - 3 * MINUTE, initiator: { id: 'f'.repeat(32), name: '' } }),
    ])
    // Signs what there is: a trail with a key and no signature is a finding.
    await site.trail.store.checkpoint()
    view = await AuditPageView.start(site)
  })
  after(async () => {
    await view?.close()
    await site?.close()
  })
  beforeEach(() => view.open())
  afterEach(() => view.closePage())

  const namesAndIds = async (column: string) => {
    const cells = view.page.locator(`#events tbody td[data-label="${column}"] .clipped`)
    const found: (string | null)[][] = []
    for (const cell of await cells.all()) found.push([await cell.textContent(), await cell.getAttribute('title')])
    return found
  }

  it('lists people and projects by the names that were looked up, with their ids as titles', async () => {
    await view.enter()
    await view.shown(3)
    const { id } = demoUsers.alice
    const nobody = 'f'.repeat(32)
    assert.deepEqual(await namesAndIds('Who'), [
      ['alice', id],
      ['al', id],
      [nobody, nobody],
    ])
    const [project, port] = await namesAndIds('Target')
    assert.deepEqual(project, ['shop', demoProjects.shop.id])
    assert.equal(port?.[0], 'a port')
    assert.deepEqual(view.problems, [])
  })

  it('shows such a name in the details, says that it was added, and finds its likes', async () => {
    await view.enter()
    await view.rows().first().getByRole('button', { name: 'by alice' }).click()
    const dialog = view.page.getByRole('dialog')
    await dialog.getByText(/initiator\.name/).waitFor()
    await dialog.getByRole('button', { name: 'Only events with this: Who alice' }).click()
    await view.shown(1)
    assert.equal(view.hash().get('initiator_name'), 'alice')
  })

  describe('whose store gives no checkpoint', () => {
    let checkpoint: AuditSite['trail']['store']['checkpoint']
    beforeEach(() => {
      checkpoint = site.trail.store.checkpoint
    })
    afterEach(() => {
      site.trail.store.checkpoint = checkpoint
    })

    for (const [code, said] of [
      ['AUDIT_STORE_DAMAGED', /No checkpoint: the store is damaged.*\(AUDIT_STORE_DAMAGED\)/],
      ['AUDIT_STORE_FULL', /No checkpoint: there is no room left.*\(AUDIT_STORE_FULL\)/],
    ] as const) {
      it(`says why (${code}), and can still verify`, async () => {
        site.trail.store.checkpoint = () => Promise.reject(new OperatorError(code, 'The file is broken.'))
        await view.logIn('olga')
        const integrity = view.page.locator('#integrity')
        await integrity.getByText(said).waitFor()
        assert.doesNotMatch(await view.text('#integrity'), /Nothing was written yet/)
        await integrity.getByRole('button', { name: 'Verify now' }).click()
        await integrity.getByText(/Unchanged .*\d+ rows compared/).waitFor()
        await integrity.getByText(said).waitFor()
      })
    }
  })
})
