import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { demoTrail } from '../support/audit-events'
import { AuditPageView } from '../support/audit-page'
import { type AuditSite, startAuditSite } from '../support/audit-site'
import { leastContrasts, unnamedControls } from '../support/page-checks'
import { waitFor } from '../support/wait-for'

/** WCAG 2.2, AA: for texts, and for what shows where a control is. */
const TEXT_CONTRAST = 4.5

describe('the audit page, for everybody', function () {
  this.timeout(120_000)
  let site: AuditSite
  let view: AuditPageView

  before(async () => {
    site = await startAuditSite()
    await site.trail.keep(demoTrail(Date.now()))
    view = await AuditPageView.start(site)
  })
  after(async () => {
    await view?.close()
    await site?.close()
  })
  afterEach(() => view.closePage())

  const openDetail = async () => {
    await view.rows().nth(3).getByRole('button').click()
    await view.page.locator('dialog[open]').waitFor()
  }

  for (const dark of [false, true]) {
    describe(dark ? 'in the dark' : 'in the light', () => {
      beforeEach(() => view.open({ dark }))

      it('can be read: every text stands out from what is behind it', async () => {
        const check = async (where: string) => {
          for (const { text, contrast } of await leastContrasts(view.page, TEXT_CONTRAST)) {
            assert.fail(`${where}: "${text}" has a contrast of ${contrast.toFixed(2)}`)
          }
        }
        await check('log-in')
        await view.logIn('vera', 'wrong')
        await view.page.locator('.message').waitFor()
        await check('refusal')
        await view.enter()
        await view.page.locator('#timeline g.bar').first().waitFor()
        await view.page.getByRole('button', { name: /^failure/ }).click()
        await view.page.locator('.chips li').waitFor()
        await check('trail')
        await view.screenshot(dark ? 'dark' : 'light')
        await openDetail()
        await check('detail')
      })

      it('really has those colours', async () => {
        const back = await view.page.evaluate('getComputedStyle(document.body).backgroundColor')
        const [red = 0] = String(back).match(/\d+/g)?.map(Number) ?? []
        assert.equal(red < 128, dark, String(back))
      })
    })
  }

  it('has a name for every control and image, one main part, headings in order, and a language', async () => {
    await view.open()
    const { page } = view
    assert.deepEqual(await unnamedControls(page), [])
    assert.equal(await page.getByRole('main').count(), 1)
    await view.enter()
    await page.locator('#timeline g.bar').first().waitFor()
    assert.deepEqual(await unnamedControls(page), [])
    assert.equal(await page.getByRole('main').count(), 1)
    assert.equal(await page.locator('html').getAttribute('lang'), 'en')
    for (const name of ['Over time', 'Events']) await page.getByRole('region', { name, exact: true }).waitFor()
    await page.getByRole('search', { name: 'Filters' }).waitFor()
    await page.getByRole('table', { name: 'Events' }).waitFor()
    assert.equal(await page.getByRole('columnheader').count(), 6)
    await openDetail()
    assert.deepEqual(await unnamedControls(page), [])
    await page.getByRole('dialog', { name: /^(create|update|delete)$/ }).waitFor()
    const levels = await page
      .getByRole('heading')
      .evaluateAll((all) => all.map((heading) => Number(heading.tagName[1])))
    levels.reduce((before, level) => {
      assert.ok(level <= before + 1, `h${level} after h${before}`)
      return level
    }, 0)
    const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id))
    assert.equal(new Set(ids).size, ids.length)
  })

  it('is used by keyboard alone, from the log-in to an event and out again', async () => {
    await view.open()
    const { page } = view
    const { keyboard } = page
    const focused = () => page.evaluate("document.activeElement?.id || document.activeElement?.textContent || ''")
    const tabTo = async (wanted: string) => {
      for (let i = 0; i < 60; i++) {
        if ((await focused()) === wanted) return
        await keyboard.press('Tab')
        // Wherever it goes, it is seen.
        const outlined = await page.evaluate(
          "(() => { const at = document.activeElement; return at === document.body || getComputedStyle(at).outlineStyle !== 'none' || at.matches('g.bar') })()",
        )
        assert.equal(outlined, true, `no focus is seen on ${String(await focused())}`)
      }
      assert.fail(`${wanted} is not reached by Tab`)
    }
    await tabTo('log-in-user')
    await keyboard.type('vera')
    await tabTo('log-in-password')
    await keyboard.type('vera-pocket')
    await keyboard.press('Enter')
    await view.shown(50)
    assert.equal(await focused(), 'events-heading', 'whoever logged in is at the events')

    // From the top again.
    await page.reload()
    await view.shown(50)
    await tabTo('filter-attribute')
    await keyboard.type('Outcome')
    await tabTo('filter-value')
    await keyboard.type('failure')
    await keyboard.press('Enter')
    await view.shown(12)
    await tabTo('×')
    await keyboard.press('Enter')
    await view.shown(50)
    assert.equal(await focused(), 'filter-value', 'the focus is not lost with the button')

    const first = await view.text('#events tbody tr:nth-child(1) button')
    const second = await view.text('#events tbody tr:nth-child(2) button')
    await tabTo(first)
    await keyboard.press('ArrowDown')
    assert.equal(await focused(), second)
    await keyboard.press('Enter')
    await page.locator('dialog[open]').waitFor()
    assert.equal(await focused(), 'detail-heading')
    for (let i = 0; i < 40; i++) {
      await keyboard.press('Tab')
      const inside = await page.evaluate(
        "document.activeElement === document.body || document.getElementById('detail').contains(document.activeElement)",
      )
      assert.equal(inside, true, 'what is behind the dialog is not reached')
    }
    await keyboard.press('Escape')
    await waitFor('the event to close', async () => (await page.locator('dialog[open]').count()) === 0)
    await waitFor('the focus to come back', async () => (await focused()) === second)
    assert.deepEqual(view.problems, [])
  })

  it('fits a telephone of 360 pixels', async () => {
    await view.open({ width: 360, touch: true })
    const { page } = view
    const fits = async (where: string) => {
      assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 360, where)
    }
    await fits('log-in')
    await view.enter()
    await page.locator('#timeline g.bar').first().waitFor()
    await fits('trail')
    await view.screenshot('narrow')
    assert.ok((await view.text('#events tbody tr:first-child')).includes('alice') || (await view.rows().count()) === 50)
    await page.getByLabel('Time', { exact: true }).selectOption('custom')
    await fits('times')
    await openDetail()
    await fits('detail')
    const dialog = await page.locator('dialog').boundingBox()
    assert.ok(dialog !== null && dialog.x >= 0 && dialog.x + dialog.width <= 360)
    await view.screenshot('narrow-detail')
  })

  // The last of all: they all come from one address.
  describe('after too many wrong passwords', () => {
    it('says how long to wait, and lets the right one in no more either', async () => {
      await view.open()
      await waitFor('the limit', async () => {
        await view.logIn('vera', 'wrong')
        await waitFor('an answer', async () => /refused|Too many/.test(await view.message()))
        return /Too many/.test(await view.message())
      })
      await view.logIn('vera')
      await waitFor('an answer', async () => /The server asks to wait \d+ s/.test(await view.message()))
      assert.equal(await view.page.locator('#trail').isVisible(), false)
    })
  })
})

describe('the audit page at a server that has had enough', function () {
  this.timeout(240_000)
  let site: AuditSite
  let view: AuditPageView

  before(async () => {
    // Enough for a visit, and little enough to be used up however slow the machine is.
    site = await startAuditSite({ rate: { perSecond: 1, burst: 40 } })
    await site.trail.keep(demoTrail(Date.now()))
    view = await AuditPageView.start(site)
  })
  after(async () => {
    await view?.close()
    await site?.close()
  })

  it('says how long the server asks to wait, and goes on then', async () => {
    await view.open()
    await view.enter()
    await waitFor(
      'the server to have enough of it',
      async () => {
        await view.page.getByRole('button', { name: 'Refresh' }).click()
        return /Too many requests/.test(await view.message())
      },
      { timeoutMs: 60_000 },
    )
    assert.match(await view.message(), /The server asks to wait \d+ s/)
    const again = view.page.getByRole('button', { name: 'Try again', exact: true })
    // A view takes several requests, and asking too early takes from what is gained by waiting.
    await waitFor(
      'the server to go on',
      async () => {
        if (await again.isVisible()) await again.click()
        await view.page.waitForTimeout(2000)
        return (await view.message()) === ''
      },
      { timeoutMs: 100_000, everyMs: 6000 },
    )
    await view.shown(50)
  })
})
