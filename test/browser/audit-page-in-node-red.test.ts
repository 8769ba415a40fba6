import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { demoApplicationCredential } from '../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { auditEvent } from '../support/audit-events'
import { AuditPageView } from '../support/audit-page'
import type { NodeRed } from '../support/node-red'
import { deployShared, sharedNodeRed } from '../support/shared-editor'
import { waitFor } from '../support/wait-for'

const PLACE = { z: 'tab', x: 100, y: 100 }

/** As it is deployed: the built package, behind the editor's own parsers of bodies, below `httpNodeRoot`. */
for (const line of ['5', '4.1'] as const) {
  describe(`the audit page in Node-RED ${line}`, function () {
    this.timeout(120_000)
    let cloud: PocketCloud
    let nodeRed: NodeRed
    let view: AuditPageView

    before(async () => {
      cloud = await startPocketCloud({ certificate: false })
      const { event } = auditEvent(1, { at: Date.now() - 60_000, target: { name: 'port-of-the-shop' } })
      nodeRed = await sharedNodeRed(line)
      const flows = [
        { id: 'tab', type: 'tab' },
        { id: 'store', type: 'audit-store-config', version: 1, engine: 'sqlite', file: 'shop.sqlite', cloud: 'pocket' },
        {
          ...{ id: 'account', type: 'keystone-config', version: 1, authUrl: cloud.urls.keystone },
          ...{ authType: 'application_credential', applicationCredential: demoApplicationCredential.id },
        },
        { ...PLACE, id: 'keep', type: 'audit-store', version: 1, store: 'store', wires: [[], []] },
        {
          ...{ ...PLACE, id: 'once', type: 'inject', once: true, onceDelay: 0.1, wires: [['keep']] },
          props: [{ p: 'event', v: JSON.stringify(event), vt: 'json' }],
        },
        { ...PLACE, id: 'api', type: 'audit-api', version: 1, store: 'store', account: 'account', path: '/audit' },
      ]
      await deployShared(nodeRed, flows, { account: { secret: demoApplicationCredential.secret } })
      view = await AuditPageView.start({ url: `${nodeRed.url}/red/audit/ui/` })
    })
    after(async () => {
      await view?.close()
      await cloud?.close()
    })

    it('is found with and without the slash, takes a password, and shows what a flow has stored', async () => {
      const { url, redirected } = await fetch(`${nodeRed.url}/red/audit/ui`)
      assert.deepEqual([url, redirected], [`${nodeRed.url}/red/audit/ui/`, true])
      await view.open()
      await view.logIn('vera')
      const refresh = view.page.getByRole('button', { name: 'Refresh' })
      await refresh.waitFor()
      await waitFor(
        'the event, which may be stored after the first look',
        async () => {
          if (/port-of-the-shop/.test(await view.text('#events'))) return true
          await refresh.click()
          return false
        },
        { everyMs: 500, timeoutMs: 60_000 },
      )
      assert.deepEqual(view.problems, [])
      await view.closePage()
    })
  })
}
