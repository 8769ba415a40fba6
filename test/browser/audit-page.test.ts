import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Browser, Page } from 'playwright-core'
import { demoProjects } from '../../lab/demo/people'
import { auditEvent, depotEvent } from '../support/audit-events'
import { type AuditSite, startAuditSite } from '../support/audit-site'
import { startChromium } from '../support/chromium'
import { waitFor } from '../support/wait-for'

const MINUTE = 60_000
/** Names that a page which takes texts for markup, or shows what nobody can see, would fall for. */
const HOSTILE = [
  '<img src=x onerror="window.hacked=1">',
  '"><script>window.hacked=1</script>',
  "javascript:alert('x')",
  'admin\u202enimda',
  'ali\u200bce',
  `</textarea>${'x'.repeat(300)}`,
]

describe('the audit page', function () {
  this.timeout(120_000)
  let site: AuditSite
  let browser: Browser
  let page: Page
  /** Errors of the page, and what its policy kept it from. */
  let problems: string[]
  /** Requests to anywhere but the site. */
  let outside: string[]
  const now = Date.now()

  before(async () => {
    site = await startAuditSite()
    browser = await startChromium()
    const { trail } = site
    // Every ten minutes one, the first ten minutes ago.
    const plain = Array.from({ length: 120 }, (_, index) =>
      auditEvent(index, {
        at: now - (index + 1) * 10 * MINUTE,
        action: index % 4 === 3 ? 'delete' : 'create',
        outcome: index % 10 === 7 ? 'failure' : 'success',
        ...(index % 10 === 7 && { reason: { reasonType: 'HTTP', reasonCode: '403' } }),
        target: { name: `port-${index}` },
      }),
    )
    const hostile = HOSTILE.map((name, index) =>
      auditEvent(200 + index, {
        at: now - 5 * MINUTE - index * 1000,
        action: 'update',
        initiator: { name, host: { address: '203.0.113.5', agent: name } },
        target: { name, id: name },
        requestPath: `/v2.0/${name}`,
      }),
    )
    const asked = { action: 'update', requestPath: '/v2.0/ports/1', initiator: { request_id: 'req-pair' } } as const
    await trail.keep([
      ...plain,
      ...hostile,
      auditEvent(300, { ...asked, at: now - 7 * MINUTE, outcome: 'pending' }),
      auditEvent(300, { ...asked, at: now - 7 * MINUTE + 200, outcome: 'success', target: { name: 'pair' } }),
      ...[400, 401].map((number) => depotEvent(number, now - 20 * MINUTE)),
    ])
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })
  beforeEach(() => open())
  afterEach(async () => {
    site.cloud.faults.clear()
    await page.context().close()
    assert.deepEqual(outside, [])
  })

  async function open(options: { dark?: boolean; width?: number; hash?: string } = {}): Promise<void> {
    await page?.context().close()
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: 900 },
      colorScheme: options.dark === true ? 'dark' : 'light',
      timezoneId: 'UTC',
    })
    page = await context.newPage()
    problems = []
    outside = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      // That a request was refused is said there too.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        problems.push(message.text())
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(site.url.replace('ui/', '')) && !url.startsWith('blob:')) outside.push(url)
    })
    await page.goto(`${site.url}${options.hash ?? ''}`)
  }

  async function logIn(user: string, password = `${user}-pocket`, fields: Record<string, string> = {}): Promise<void> {
    await page.getByLabel('User name').fill(user)
    await page.getByLabel('Password', { exact: true }).fill(password)
    for (const [label, value] of Object.entries(fields)) {
      const field = page.getByLabel(label, { exact: true })
      if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value)
      else await field.fill(value)
    }
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
  }
  const rows = () => page.locator('#events tbody tr')
  const shown = async (count: number) => {
    await waitFor(
      `${count} rows`,
      async () => (await rows().count()) === count && (await page.locator('[aria-busy]').count()) === 0,
    )
  }
  const textOf = async (selector: string) => (await page.locator(selector).allInnerTexts()).join(' ')
  const total = () => textOf('#events .count')
  const message = () => textOf('#message')
  const hash = () => new URLSearchParams(new URL(page.url()).hash.slice(1))
  async function entered(user = 'vera'): Promise<void> {
    await logIn(user)
    await rows().first().waitFor()
  }
  async function screenshot(name: string): Promise<void> {
    const directory = process.env['SCREENSHOTS']
    if (directory === undefined) return
    mkdirSync(directory, { recursive: true })
    await page.screenshot({ path: join(directory, `audit-page-${name}.png`) })
  }

  describe('logging in', () => {
    it('refuses a wrong password in words, empties the field, and takes the right one', async () => {
      await logIn('vera', 'wrong')
      await waitFor('the refusal', async () => /Keystone refused the log-in/.test(await message()))
      const password = page.getByLabel('Password', { exact: true })
      assert.equal(await password.inputValue(), '')
      assert.equal(await page.getByLabel('User name').inputValue(), 'vera')
      await screenshot('refused')
      await password.fill('vera-pocket')
      await page.keyboard.press('Enter')
      await shown(50)
      assert.equal(await total(), '127')
      assert.equal(await message(), '')
      assert.match(await textOf('#account'), /vera · project shop \(Default\)/)
      assert.deepEqual(problems, [])
    })

    it('leaves neither password nor token in the page, its address, cookies or other tabs', async () => {
      await entered()
      const token = site.cloud.identity.validTokens().findLast(({ user }) => user.name === 'vera')?.value ?? ''
      assert.ok(token.length > 20)
      const text = String(await page.evaluate('document.documentElement.outerHTML'))
      for (const secret of [token, 'vera-pocket']) {
        assert.ok(!text.includes(secret))
        assert.ok(!page.url().includes(secret))
      }
      assert.deepEqual(await page.context().cookies(), [])
      assert.equal(await page.evaluate('localStorage.length'), 0)
      assert.ok(!String(await page.evaluate('JSON.stringify(sessionStorage)')).includes('vera-pocket'))
      const other = await page.context().newPage()
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
      await page.getByText('Log in with a token instead').click()
      await page.getByLabel('Keystone token').fill('gAAAAnonsense')
      await page.getByRole('button', { name: 'Use this token' }).click()
      await waitFor('the refusal', async () => /token is not or no longer good/.test(await message()))
      await page.getByLabel('Keystone token').fill(`${token.value}\n`)
      await page.getByRole('button', { name: 'Use this token' }).click()
      await shown(50)
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByText('You are logged out.').waitFor()
      assert.ok(identity.find(token.value), 'a token that was brought along is left alone')

      await logIn('dora', 'dora-pocket', {
        'Domain of the user': 'partner',
        'Read the events of': 'domain',
        Domain: 'partner',
      })
      await page.getByText('domain partner').waitFor()
      await page.getByText('No events match.').first().waitFor()
    })

    it('ends the token that it got when the person logs out, and when the tab is reloaded it is still there', async () => {
      await entered()
      const token = site.cloud.identity.validTokens().findLast(({ user }) => user.name === 'vera')?.value
      await page.reload()
      await rows().first().waitFor()
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByText('You are logged out.').waitFor()
      assert.equal(site.cloud.identity.find(token), undefined)
      await page.reload()
      await page.getByRole('heading', { name: 'Log in at Keystone' }).waitFor()
      assert.equal(await rows().count(), 0)
    })

    it('says who may not read anything', async () => {
      await logIn('alice')
      await waitFor('the refusal', async () => /role audit_viewer/.test(await message()))
      assert.equal(await rows().count(), 0)
    })
  })

  describe('the list', () => {
    it('shows the own project’s events only, newest first, whatever is in them as text', async () => {
      await entered()
      const text = await textOf('#events')
      assert.doesNotMatch(text, /viktor/)
      const times = await page.locator('#events tbody button').allInnerTexts()
      assert.deepEqual(times, [...times].sort().reverse())
      assert.ok(text.includes('<img src=x onerror="window.hacked=1">'))
      assert.ok(text.includes('admin\\u202enimda'))
      assert.ok(text.includes('ali\\u200bce'))
      for (const name of HOSTILE) {
        await page
          .getByRole('row')
          .filter({ hasText: name.slice(0, 4) })
          .first()
          .getByRole('button')
          .click()
        await page.locator('dialog[open]').waitFor()
        await page.keyboard.press('Escape')
      }
      assert.equal(await page.evaluate('window.hacked'), undefined)
      assert.equal(
        await page.locator('#trail img, #detail img, #trail script, #detail script, a[href^=javascript]').count(),
        0,
      )
      assert.deepEqual(problems, [])
    })

    it('goes through all pages, once each, although events arrive', async () => {
      await entered()
      const seen: string[] = []
      const collect = async () => seen.push(...(await page.locator('#events tbody td:nth-child(5)').allInnerTexts()))
      await collect()
      await site.trail.keep([auditEvent(500, { at: now - MINUTE, target: { name: 'new' } })])
      for (const count of [50, 27]) {
        const before = await textOf('.pages span')
        await page.getByRole('button', { name: 'Older' }).click()
        await waitFor('the next page', async () => (await textOf('.pages span')) !== before)
        await shown(count)
        await collect()
      }
      assert.equal(seen.length, 127)
      assert.equal(new Set(seen).size, 127)
      assert.ok(!seen.some((target) => target.startsWith('new')))
      assert.equal(await page.getByRole('button', { name: 'Older' }).isDisabled(), true)
      await page.getByRole('button', { name: 'Newer' }).click()
      await page.getByText('51–100 of').waitFor()
      await page.getByRole('button', { name: 'Refresh' }).click()
      await page.getByText('1–50 of 128').waitFor()
      assert.match(await textOf('#events tbody tr:first-child'), /new/)
    })
  })

  describe('filters', () => {
    it('offer the values that there are, and stay in the address', async () => {
      await entered()
      await page.getByLabel('Filter', { exact: true }).selectOption('outcome')
      await page.getByLabel('Value').focus()
      await waitFor('values', async () => (await page.locator('#filter-values option').count()) > 0)
      const offered = await page
        .locator('#filter-values option')
        .evaluateAll((options) => options.map((option) => option.getAttribute('value')))
      assert.deepEqual(offered, ['failure', 'success'])
      await page.getByLabel('Value').fill('failure')
      await page.keyboard.press('Enter')
      await shown(12)
      assert.equal(hash().get('outcome'), 'failure')
      await page.reload()
      await shown(12)
      assert.match(await textOf('.chips'), /Outcome is failure/)
      await page.getByRole('button', { name: 'Remove filter: Outcome is failure' }).click()
      await shown(50)
      await page.goBack()
      await shown(12)
    })

    it('can exclude, compare beginnings, and take signs literally', async () => {
      const cases: [string, string, string, number][] = [
        ['target_name', 'begins', 'port-11', 11],
        ['target_name', 'is', 'port-11', 1],
        ['target_name', 'is', 'port-1*', 0],
        ['initiator_name', 'not', 'alice', 6],
        ['initiator_name', 'is', '<img src=x onerror="window.hacked=1">', 1],
        ['initiator_name', 'is', '!alice', 0],
      ]
      await entered()
      for (const [attribute, how, value, count] of cases) {
        await page.getByLabel('Filter', { exact: true }).selectOption(attribute)
        await page.getByLabel('How').selectOption(how)
        await page.getByLabel('Value').fill(value)
        await page.getByRole('button', { name: 'Add filter' }).click()
        await shown(count)
        await page.reload()
        await shown(count)
        await page.getByRole('button', { name: 'Remove filter' }).click()
        await shown(50)
      }
    })

    it('search, and say what is wrong with a search', async () => {
      await entered()
      await page.getByLabel('Search').fill('req-pair')
      await page.keyboard.press('Enter')
      await shown(1)
      assert.equal(hash().get('search'), 'req-pair')
      await page.getByLabel('Search').fill('"open')
      await page.keyboard.press('Enter')
      await waitFor('the explanation', async () => /quotation mark/.test(await message()))
      await page.getByLabel('Search').fill('')
      await page.keyboard.press('Enter')
      await shown(50)
      assert.equal(await message(), '')
    })

    it('narrow the time', async () => {
      await entered()
      await page.getByLabel('Time', { exact: true }).selectOption('1h')
      await waitFor('an hour', async () => Number(await total()) < 20)
      await page.getByLabel('Time', { exact: true }).selectOption('custom')
      const iso = (at: number) => new Date(at).toISOString().slice(0, 19)
      await page.getByLabel('From', { exact: true }).fill(iso(now - 61 * MINUTE))
      await page.getByLabel('To', { exact: true }).fill(iso(now - 29 * MINUTE))
      await page.getByLabel('To', { exact: true }).press('Tab')
      await waitFor('half an hour', async () => (await total()) === '4')
      await page.getByLabel('Time', { exact: true }).selectOption('all')
      await waitFor('all', async () => Number(await total()) >= 127)
    })
  })

  describe('the timeline', () => {
    const bars = () => page.locator('#timeline g.bar')
    const labels = () => bars().evaluateAll((all) => all.map((bar) => bar.getAttribute('aria-label') ?? ''))
    const countOf = (label: string) => Number(/: ([\d,]+) events/.exec(label)?.[1]?.replace(',', '') ?? 0)

    it('counts what the list counts, by outcome', async () => {
      await entered()
      await bars().first().waitFor()
      const sum = (await labels()).reduce((all, label) => all + countOf(label), 0)
      assert.equal(sum, Number(await total()))
      assert.match(await textOf('.legend'), /failure 12/)
      await page.getByRole('button', { name: 'failure 12' }).click()
      await shown(12)
    })

    it('narrows the time by a click, by drawing over bars, and widens it again', async () => {
      await entered()
      await bars().first().waitFor()
      const full = (await labels()).findIndex((label) => countOf(label) > 1)
      const wanted = countOf((await labels())[full] ?? '')
      await bars().nth(full).click()
      await waitFor('one bar', async () => Number(await total()) === wanted)
      assert.ok(hash().has('from'))
      await page.goBack()
      await waitFor('all of it', async () => Number(await total()) >= 127)
      await bars().first().waitFor()
      const many = (await labels()).slice(20, 31).reduce((all, label) => all + countOf(label), 0)
      const [from, to] = [await bars().nth(20).boundingBox(), await bars().nth(30).boundingBox()]
      assert.ok(from && to)
      await page.mouse.move(from.x + 2, from.y + 50)
      await page.mouse.down()
      await page.mouse.move(to.x + 2, to.y + 50, { steps: 4 })
      await page.mouse.up()
      await waitFor('a stretch', async () => Number(await total()) === many)
      await page.getByRole('button', { name: 'Wider' }).click()
      await waitFor('a wider time', async () => Number(await total()) > many)
    })

    it('is read and used by keyboard', async () => {
      await entered()
      await bars().first().waitFor()
      await page.locator('#timeline g.bar[tabindex="0"]').focus()
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowRight')
      const reading = await textOf('.reading')
      assert.equal(reading, (await labels())[1])
      const full = (await labels()).findIndex((label) => countOf(label) > 1)
      await page.keyboard.press('Home')
      for (let i = 0; i < full; i++) await page.keyboard.press('ArrowRight')
      const wanted = countOf((await labels())[full] ?? '')
      await page.keyboard.press('Enter')
      await waitFor('one bar', async () => Number(await total()) === wanted)
    })
  })

  describe('an event', () => {
    it('is shown with its request and response, links to its likes, and closes to where it was opened', async () => {
      await entered()
      await page.getByLabel('Search').fill('req-pair')
      await page.keyboard.press('Enter')
      await shown(1)
      const opener = rows().first().getByRole('button')
      await opener.click()
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      assert.equal(hash().get('event'), '00000000-0000-4000-8000-000000000300')
      const request = dialog.getByRole('region', { name: 'Request, as it was asked' })
      const response = dialog.getByRole('region', { name: 'Response, what came of it' })
      assert.match((await request.allInnerTexts()).join(), /"outcome": "pending"/)
      assert.match((await response.allInnerTexts()).join(), /"outcome": "success"/)
      await screenshot('detail')
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'hidden' })
      await waitFor('the address to follow', () => !hash().has('event'))
      assert.equal(await opener.evaluate((button) => button === document.activeElement), true)
      await page.goBack()
      await dialog.waitFor()
      await dialog.getByRole('button', { name: 'Only events with this: Request id req-pair' }).click()
      await dialog.waitFor({ state: 'hidden' })
      assert.equal(hash().get('request_id'), 'req-pair')
      await shown(1)
    })

    it('of somebody else is not there', async () => {
      await open({ hash: '#event=00000000-0000-4000-8000-000000000400' })
      await entered()
      await waitFor('the explanation', async () => /There is no such event/.test(await message()))
      assert.equal(await page.locator('dialog[open]').count(), 0)
    })

    it('can be opened by its address', async () => {
      await open({ hash: '#event=00000000-0000-4000-8000-000000000300' })
      await entered()
      await page.getByRole('dialog').getByText('req-pair').first().waitFor()
    })
  })

  it('exports what is filtered, as JSON Lines and CSV', async () => {
    await entered()
    await page.getByRole('button', { name: 'failure 12' }).click()
    await shown(12)
    for (const [name, extension] of [
      ['JSON Lines', 'jsonl'],
      ['CSV', 'csv'],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ])
      assert.match(download.suggestedFilename(), new RegExp(`^audit-events-\\d{8}T\\d{6}\\.${extension}$`))
      const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/)
      if (extension === 'jsonl') {
        assert.equal(lines.length, 12)
        assert.ok(lines.every((line) => (JSON.parse(line) as { outcome: string }).outcome === 'failure'))
      } else assert.equal(lines.length, 13)
    }
    assert.deepEqual(problems, [])
  })

  describe('for administrators of the cloud', () => {
    it('lets choose whose events are read, and that is itself recorded', async () => {
      await logIn('olga')
      const choice = page.getByLabel('Whose events')
      await choice.selectOption('*')
      await waitFor('all projects', async () => Number((await total()).replace(',', '')) >= 129)
      await choice.selectOption('other')
      await page.getByLabel('Id of a project or domain').fill(demoProjects.depot.id)
      await page.keyboard.press('Enter')
      await waitFor('depot', async () => (await textOf('#events')).includes('viktor'))
      assert.equal(hash().get('project'), demoProjects.depot.id)
      await page.getByRole('button', { name: 'Refresh' }).click()
      await waitFor('the record of the reading', async () => (await textOf('#events')).includes('read/list'))
      await page.reload()
      await rows().first().waitFor()
      assert.equal(await page.getByLabel('Id of a project or domain').inputValue(), demoProjects.depot.id)
    })

    it('shows the last checkpoint, and verifies', async () => {
      await logIn('olga')
      const integrity = page.locator('#integrity')
      await integrity.getByText(/Last checkpoint: \d+ rows, .* signed/).waitFor()
      await integrity.getByRole('button', { name: 'Verify now' }).click()
      await integrity.getByText(/Unchanged .*\d+ rows compared/).waitFor()
      await screenshot('verified')
    })

    it('is not there for others', async () => {
      await entered()
      assert.equal(await page.getByLabel('Whose events').count(), 0)
      assert.equal(await page.locator('#integrity').isVisible(), false)
    })
  })

  describe('when something is wrong', () => {
    it('asks to log in again when the token is over, and goes on where it was', async () => {
      await entered()
      await page.getByRole('button', { name: 'failure 12' }).click()
      await shown(12)
      site.cloud.identity.revokeAll()
      await page.getByRole('button', { name: 'Refresh' }).click()
      await page.getByRole('heading', { name: 'Log in at Keystone' }).waitFor()
      assert.match(await message(), /Log in again/)
      assert.equal(await page.locator('#trail').isVisible(), false)
      await logIn('vera')
      await shown(12)
    })

    it('says that Keystone is away, and tries again', async () => {
      await entered()
      site.cloud.faults.add({ service: 'keystone', status: 503, headers: { 'retry-after': '2' }, body: '{}' })
      await page.getByRole('button', { name: 'Refresh' }).click()
      const again = page.getByRole('button', { name: /^Try again/ })
      await again.waitFor()
      assert.match(await message(), /Not available now/)
      assert.equal(await again.isDisabled(), true)
      site.cloud.faults.clear()
      await page.getByRole('button', { name: 'Try again', exact: true }).click()
      await waitFor('the message to go', async () => (await message()) === '')
      await shown(50)
    })
  })
})
