import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { demoProjects } from '../../lab/demo/people'
import { auditEvent, demoTrail, HOSTILE } from '../support/audit-events'
import { AuditPageView } from '../support/audit-page'
import { type AuditSite, startAuditSite } from '../support/audit-site'
import { waitFor } from '../support/wait-for'

const MINUTE = 60_000

describe('the audit page', function () {
  this.timeout(120_000)
  let site: AuditSite
  let view: AuditPageView
  const now = Date.now()

  before(async () => {
    site = await startAuditSite()
    await site.trail.keep(demoTrail(now))
    view = await AuditPageView.start(site)
  })
  after(async () => {
    await view?.close()
    await site?.close()
  })
  beforeEach(() => view.open())
  afterEach(async () => {
    site.cloud.faults.clear()
    await view.closePage()
  })

  describe('logging in', () => {
    it('refuses a wrong password in words, empties the field, and takes the right one', async () => {
      await view.logIn('vera', 'wrong')
      await waitFor('the refusal', async () => /Keystone refused the log-in/.test(await view.message()))
      const password = view.page.getByLabel('Password', { exact: true })
      assert.equal(await password.inputValue(), '')
      assert.equal(await view.page.getByLabel('User name').inputValue(), 'vera')
      await view.screenshot('refused')
      await password.fill('vera-pocket')
      await view.page.keyboard.press('Enter')
      await view.shown(50)
      assert.equal(await view.total(), 127)
      assert.equal(await view.message(), '')
      assert.match(await view.text('#account'), /vera · project shop \(Default\)/)
      assert.deepEqual(view.problems, [])
    })

    it('leaves neither password nor token in the page, its address, cookies or other tabs', async () => {
      await view.enter()
      const token = site.cloud.identity.validTokens().findLast(({ user }) => user.name === 'vera')?.value ?? ''
      assert.ok(token.length > 20)
      const text = String(await view.page.evaluate('document.documentElement.outerHTML'))
      for (const secret of [token, 'vera-pocket']) {
        assert.ok(!text.includes(secret))
        assert.ok(!view.page.url().includes(secret))
      }
      assert.deepEqual(await view.page.context().cookies(), [])
      assert.equal(await view.page.evaluate('localStorage.length'), 0)
      assert.ok(!String(await view.page.evaluate('JSON.stringify(sessionStorage)')).includes('vera-pocket'))
      const other = await view.page.context().newPage()
      await other.goto(site.url)
      await other.getByRole('heading', { name: 'Log in at Keystone' }).waitFor()
    })

    it('works with a token, and for a domain', async () => {
      const { identity } = site.cloud
      const user = identity.users.find(({ name }) => name === 'vera')
      assert.ok(user)
      const token = identity.issue({
        user,
        scope: { kind: 'project', project: demoProjects.shop },
        methods: ['password'],
      })
      await view.page.getByText('Log in with a token instead').click()
      await view.page.getByLabel('Keystone token').fill('gAAAAnonsense')
      await view.page.getByRole('button', { name: 'Use this token' }).click()
      await waitFor('the refusal', async () => /token is not or no longer good/.test(await view.message()))
      await view.page.getByLabel('Keystone token').fill(`${token.value}\n`)
      await view.page.getByRole('button', { name: 'Use this token' }).click()
      await view.shown(50)
      await view.page.getByRole('button', { name: 'Log out' }).click()
      await view.page.getByText('You are logged out.').waitFor()
      assert.ok(identity.find(token.value), 'a token that was brought along is left alone')

      await view.logIn('dora', 'dora-pocket', {
        'Domain of the user': 'partner',
        'Read the events of': 'domain',
        Domain: 'partner',
      })
      await view.page.getByText('domain partner').waitFor()
      await view.page.getByText('No events match.').first().waitFor()
    })

    it('ends the token that it got when the person logs out, and when the tab is reloaded it is still there', async () => {
      await view.enter()
      const token = site.cloud.identity.validTokens().findLast(({ user }) => user.name === 'vera')?.value
      await view.page.reload()
      await view.rows().first().waitFor()
      await view.page.getByRole('button', { name: 'Log out' }).click()
      await view.page.getByText('You are logged out.').waitFor()
      assert.equal(site.cloud.identity.find(token), undefined)
      await view.page.reload()
      await view.page.getByRole('heading', { name: 'Log in at Keystone' }).waitFor()
      assert.equal(await view.rows().count(), 0)
    })

    it('says who may not read anything', async () => {
      await view.logIn('alice')
      await waitFor('the refusal', async () => /role audit_viewer/.test(await view.message()))
      assert.equal(await view.rows().count(), 0)
    })
  })

  describe('the list', () => {
    it('shows the own project’s events only, newest first, whatever is in them as text', async () => {
      await view.enter()
      const text = await view.text('#events')
      assert.doesNotMatch(text, /viktor/)
      const times = await view.page.locator('#events tbody button').allInnerTexts()
      assert.deepEqual(times, [...times].sort().reverse())
      assert.ok(text.includes('<img src=x onerror="window.hacked=1">'))
      assert.ok(text.includes('admin\\u202enimda'))
      assert.ok(text.includes('ali\\u200bce'))
      for (const name of HOSTILE) {
        await view.page
          .getByRole('row')
          .filter({ hasText: name.slice(0, 4) })
          .first()
          .getByRole('button')
          .click()
        await view.page.locator('dialog[open]').waitFor()
        await view.page.keyboard.press('Escape')
      }
      assert.equal(await view.page.evaluate('window.hacked'), undefined)
      assert.equal(
        await view.page.locator('#trail img, #detail img, #trail script, #detail script, a[href^=javascript]').count(),
        0,
      )
      assert.deepEqual(view.problems, [])
    })

    it('goes through all pages, once each, although events arrive', async () => {
      await view.enter()
      const seen: string[] = []
      const collect = async () =>
        seen.push(...(await view.page.locator('#events tbody td:nth-child(5)').allInnerTexts()))
      await collect()
      await site.trail.keep([auditEvent(500, { at: now - MINUTE, target: { name: 'new' } })])
      for (const count of [50, 27]) {
        const before = await view.text('.pages span')
        await view.page.getByRole('button', { name: 'Older' }).click()
        await waitFor('the next page', async () => (await view.text('.pages span')) !== before)
        await view.shown(count)
        await collect()
      }
      assert.equal(seen.length, 127)
      assert.equal(new Set(seen).size, 127)
      assert.ok(!seen.some((target) => target.startsWith('new')))
      assert.equal(await view.page.getByRole('button', { name: 'Older' }).isDisabled(), true)
      await view.page.getByRole('button', { name: 'Newer' }).click()
      await view.page.getByText('51–100 of').waitFor()
      await view.page.getByRole('button', { name: 'Refresh' }).click()
      await view.page.getByText('1–50 of 128').waitFor()
      assert.match(await view.text('#events tbody tr:first-child'), /new/)
    })
  })

  describe('an event', () => {
    it('is shown with its request and response, links to its likes, and closes to where it was opened', async () => {
      await view.enter()
      await view.page.getByLabel('Search').fill('req-pair')
      await view.page.keyboard.press('Enter')
      await view.shown(1)
      const opener = view.rows().first().getByRole('button')
      await opener.click()
      const dialog = view.page.getByRole('dialog')
      await dialog.waitFor()
      assert.equal(view.hash().get('event'), '00000000-0000-4000-8000-000000000300')
      const request = dialog.getByRole('region', { name: 'Request, as it was asked' })
      const response = dialog.getByRole('region', { name: 'Response, what came of it' })
      assert.match((await request.allInnerTexts()).join(), /"outcome": "pending"/)
      assert.match((await response.allInnerTexts()).join(), /"outcome": "success"/)
      await view.screenshot('detail')
      await view.page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'hidden' })
      await waitFor('the address to follow', () => !view.hash().has('event'))
      assert.equal(await opener.evaluate((button) => button === document.activeElement), true)
      await view.page.goBack()
      await dialog.waitFor()
      await dialog.getByRole('button', { name: 'Only events with this: Request id req-pair' }).click()
      await dialog.waitFor({ state: 'hidden' })
      assert.equal(view.hash().get('request_id'), 'req-pair')
      await view.shown(1)
    })

    it('of somebody else is not there', async () => {
      await view.open({ hash: '#event=00000000-0000-4000-8000-000000000400' })
      await view.enter()
      await waitFor('the explanation', async () => /There is no such event/.test(await view.message()))
      assert.equal(await view.page.locator('dialog[open]').count(), 0)
    })

    it('can be opened by its address', async () => {
      await view.open({ hash: '#event=00000000-0000-4000-8000-000000000300' })
      await view.enter()
      await view.page.getByRole('dialog').getByText('req-pair').first().waitFor()
    })
  })

  it('exports what is filtered, as JSON Lines and CSV', async () => {
    await view.enter()
    await view.page.getByRole('button', { name: 'failure 12' }).click()
    await view.shown(12)
    for (const [name, extension] of [
      ['JSON Lines', 'jsonl'],
      ['CSV', 'csv'],
    ] as const) {
      const [download] = await Promise.all([
        view.page.waitForEvent('download'),
        view.page.getByRole('button', { name, exact: true }).click(),
      ])
      assert.match(download.suggestedFilename(), new RegExp(`^audit-events-\\d{8}T\\d{6}\\.${extension}$`))
      const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/)
      if (extension === 'jsonl') {
        assert.equal(lines.length, 12)
        assert.ok(lines.every((line) => (JSON.parse(line) as { outcome: string }).outcome === 'failure'))
      } else assert.equal(lines.length, 13)
    }
    assert.deepEqual(view.problems, [])
  })

  describe('for administrators of the cloud', () => {
    it('lets choose whose events are read, and that is itself recorded', async () => {
      await view.logIn('olga')
      const choice = view.page.getByLabel('Whose events')
      await choice.selectOption('*')
      await waitFor('all projects', async () => (await view.total()) >= 129)
      await choice.selectOption('other')
      await view.page.getByLabel('Id of a project or domain').fill(demoProjects.depot.id)
      await view.page.keyboard.press('Enter')
      await waitFor('depot', async () => (await view.text('#events')).includes('viktor'))
      assert.equal(view.hash().get('project'), demoProjects.depot.id)
      await view.page.getByRole('button', { name: 'Refresh' }).click()
      await waitFor('the record of the reading', async () => (await view.text('#events')).includes('read/list'))
      await view.page.reload()
      await view.rows().first().waitFor()
      assert.equal(await view.page.getByLabel('Id of a project or domain').inputValue(), demoProjects.depot.id)
    })

    it('shows the last checkpoint, and verifies', async () => {
      await view.logIn('olga')
      const integrity = view.page.locator('#integrity')
      await integrity.getByText(/Last checkpoint: \d+ rows, .* signed/).waitFor()
      await integrity.getByRole('button', { name: 'Verify now' }).click()
      await integrity.getByText(/Unchanged .*\d+ rows compared/).waitFor()
      await view.screenshot('verified')
    })

    it('is not there for others', async () => {
      await view.enter()
      assert.equal(await view.page.getByLabel('Whose events').count(), 0)
      assert.equal(await view.page.locator('#integrity').isVisible(), false)
    })
  })

  describe('when something is wrong', () => {
    it('asks to log in again when the token is over, and goes on where it was', async () => {
      await view.enter()
      await view.page.getByRole('button', { name: 'failure 12' }).click()
      await view.shown(12)
      site.cloud.identity.revokeAll()
      await view.page.getByRole('button', { name: 'Refresh' }).click()
      await view.page.getByRole('heading', { name: 'Log in at Keystone' }).waitFor()
      assert.match(await view.message(), /Log in again/)
      assert.equal(await view.page.locator('#trail').isVisible(), false)
      await view.logIn('vera')
      await view.shown(12)
    })

    it('says that Keystone is away, and tries again', async () => {
      await view.enter()
      site.cloud.faults.add({ service: 'keystone', status: 503, headers: { 'retry-after': '2' }, body: '{}' })
      await view.page.getByRole('button', { name: 'Refresh' }).click()
      const again = view.page.getByRole('button', { name: /^Try again/ })
      await again.waitFor()
      assert.match(await view.message(), /Not available now/)
      assert.equal(await again.isDisabled(), true)
      site.cloud.faults.clear()
      await view.page.getByRole('button', { name: 'Try again', exact: true }).click()
      await waitFor('the message to go', async () => (await view.message()) === '')
      await view.shown(50)
    })
  })
})
