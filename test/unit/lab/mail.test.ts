import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel } from '../../../src/notify/channel'
import { emailChannel } from '../../../src/notify/email/email'
import { reportOf } from '../../../src/notify/report'
import { occurrence } from '../../support/occurrence'

describe('the mail server of the pocket cloud', function () {
  this.timeout(60_000)
  let cloud: PocketCloud
  let mail: Channel

  beforeEach(async () => {
    cloud = await startPocketCloud()
    const settings = {
      host: '127.0.0.1',
      port: String(cloud.smtp?.port),
      user: 'soc',
      from: 'a@example.net',
      to: 'b@example.net',
    }
    mail = emailChannel.open(
      { settings, credentials: { password: 'soc-pocket' } },
      { http: undiciClient({}), tls: () => ({ ca: cloud.certificate?.ca }), now: () => cloud.clock.now().getTime() },
    )
  })
  afterEach(async () => {
    await mail.close()
    await cloud.close()
  })

  const control = async (method: string, body?: object) => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(`${cloud.urls.control}/_lab/mails`, { method, ...text })
    return { status: response.status, text: await response.text() }
  }

  it('shows its mails and takes faults over HTTP', async () => {
    assert.equal((await control('POST', { at: 'recipient', reply: '450 4.2.0 greylisted', times: 1 })).status, 201)
    await assert.rejects(mail.send(reportOf([occurrence('e1')])), { code: 'NOTIFY_TRANSIENT' })
    await mail.send(reportOf([occurrence('e1')]))
    const { mails } = JSON.parse((await control('GET')).text) as { mails: { to: string[]; user: string }[] }
    assert.deepEqual(
      mails.map(({ to, user }) => [to, user]),
      [[['b@example.net'], 'soc']],
    )
    for (const wrong of [
      { at: 'noon', reply: 'cut' },
      { at: 'data', reply: 'no' },
    ]) {
      assert.equal((await control('POST', wrong)).status, 400)
    }
    assert.equal((await control('DELETE')).status, 204)
    assert.deepEqual(cloud.smtp?.faults, [])
  })
})
