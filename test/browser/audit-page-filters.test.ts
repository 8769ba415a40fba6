import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { demoTrail } from '../support/audit-events'
import { AuditPageView } from '../support/audit-page'
import { type AuditSite, startAuditSite } from '../support/audit-site'
import { waitFor } from '../support/wait-for'

const MINUTE = 60_000

describe('on the audit page', function () {
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

  describe('filters', () => {
    it('offer the values that there are, and stay in the address', async () => {
      await view.enter()
      await view.page.getByLabel('Filter', { exact: true }).selectOption('outcome')
      await view.page.getByLabel('Value').focus()
      await waitFor('values', async () => (await view.page.locator('#filter-values option').count()) > 0)
      const offered = await view.page
        .locator('#filter-values option')
        .evaluateAll((options) => options.map((option) => option.getAttribute('value')))
      assert.deepEqual(offered, ['failure', 'success'])
      await view.page.getByLabel('Value').fill('failure')
      await view.page.keyboard.press('Enter')
      await view.shown(12)
      assert.equal(view.hash().get('outcome'), 'failure')
      await view.page.reload()
      await view.shown(12)
      assert.match(await view.text('.chips'), /Outcome is failure/)
      await view.page.getByRole('button', { name: 'Remove filter: Outcome is failure' }).click()
      await view.shown(50)
      await view.page.goBack()
      await view.shown(12)
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
      await view.enter()
      for (const [attribute, how, value, count] of cases) {
        await view.page.getByLabel('Filter', { exact: true }).selectOption(attribute)
        await view.page.getByLabel('How').selectOption(how)
        await view.page.getByLabel('Value').fill(value)
        await view.page.getByRole('button', { name: 'Add filter' }).click()
        await view.shown(count)
        await view.page.reload()
        await view.shown(count)
        await view.page.getByRole('button', { name: 'Remove filter' }).click()
        await view.shown(50)
      }
    })

    it('search, and say what is wrong with a search', async () => {
      await view.enter()
      await view.page.getByLabel('Search').fill('req-pair')
      await view.page.keyboard.press('Enter')
      await view.shown(1)
      assert.equal(view.hash().get('search'), 'req-pair')
      await view.page.getByLabel('Search').fill('"open')
      await view.page.keyboard.press('Enter')
      await waitFor('the explanation', async () => /quotation mark/.test(await view.message()))
      await view.page.getByLabel('Search').fill('')
      await view.page.keyboard.press('Enter')
      await view.shown(50)
      assert.equal(await view.message(), '')
    })

    it('narrow the time', async () => {
      await view.enter()
      await view.page.getByLabel('Time', { exact: true }).selectOption('1h')
      await waitFor('an hour', async () => (await view.total()) < 20)
      await view.page.getByLabel('Time', { exact: true }).selectOption('custom')
      const iso = (at: number) => new Date(at).toISOString().slice(0, 19)
      await view.page.getByLabel('From', { exact: true }).fill(iso(now - 61 * MINUTE))
      await view.page.getByLabel('To', { exact: true }).fill(iso(now - 29 * MINUTE))
      await view.page.getByLabel('To', { exact: true }).press('Tab')
      await waitFor('half an hour', async () => (await view.total()) === 4)
      await view.page.getByLabel('Time', { exact: true }).selectOption('all')
      await waitFor('all', async () => (await view.total()) >= 127)
    })
  })

  describe('the timeline', () => {
    const bars = () => view.page.locator('#timeline g.bar')
    const labels = () => bars().evaluateAll((all) => all.map((bar) => bar.getAttribute('aria-label') ?? ''))
    const countOf = (label: string) => Number(/: ([\d,]+) events/.exec(label)?.[1]?.replace(',', '') ?? 0)

    const sum = (labels: readonly string[]) => labels.reduce((all, label) => all + countOf(label), 0)
    /** Until both show the same: they are fetched one beside the other. Gives the labels of the bars. */
    const settled = (total: (count: number) => boolean) =>
      waitFor('the timeline to agree with the list', async () => {
        const [drawn, listed] = [await labels(), await view.total()]
        return total(listed) && sum(drawn) === listed ? drawn : undefined
      })
    const ALL = (count: number) => count >= 127

    it('counts what the list counts, by outcome', async () => {
      await view.enter()
      await settled(ALL)
      assert.match(await view.text('.legend'), /failure 12/)
      await view.page.getByRole('button', { name: 'failure 12' }).click()
      await view.shown(12)
      await settled((count) => count === 12)
    })

    it('narrows the time by a click, by drawing over bars, and widens it again', async () => {
      await view.enter()
      const drawn = await settled(ALL)
      const full = drawn.findIndex((label) => countOf(label) > 1)
      const wanted = countOf(drawn[full] ?? '')
      await bars().nth(full).click()
      await settled((count) => count === wanted)
      assert.ok(view.hash().has('from'))
      await view.page.goBack()
      const many = sum((await settled(ALL)).slice(20, 31))
      const [from, to] = [await bars().nth(20).boundingBox(), await bars().nth(30).boundingBox()]
      assert.ok(from && to)
      await view.page.mouse.move(from.x + 2, from.y + 50)
      await view.page.mouse.down()
      await view.page.mouse.move(to.x + 2, to.y + 50, { steps: 4 })
      await view.page.mouse.up()
      await settled((count) => count === many)
      await view.page.getByRole('button', { name: 'Wider' }).click()
      await settled((count) => count > many)
    })

    it('is read and used by keyboard', async () => {
      await view.enter()
      const drawn = await settled(ALL)
      const { keyboard } = view.page
      await view.page.locator('#timeline g.bar[tabindex="0"]').focus()
      await keyboard.press('Home')
      await keyboard.press('ArrowRight')
      assert.equal(await view.text('.reading'), drawn[1])
      const full = drawn.findIndex((label) => countOf(label) > 1)
      await keyboard.press('Home')
      for (let i = 0; i < full; i++) await keyboard.press('ArrowRight')
      await keyboard.press('Enter')
      await settled((count) => count === countOf(drawn[full] ?? ''))
    })
  })
})
