import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import type { AuditSite } from './audit-site'
import { sharedChromium } from './chromium'
import { waitFor } from './wait-for'

export interface OpenPage {
  readonly dark?: boolean
  readonly width?: number
  readonly hash?: string
  /** Default: a mouse. */
  readonly touch?: boolean
}

/** The audit page in a browser, as the tests look at it. */
export class AuditPageView {
  readonly #browser: Browser
  readonly #site: Pick<AuditSite, 'url'>
  #look = ''
  page!: Page
  /** Errors of the page, and what its policy kept it from. */
  problems: string[] = []
  /** Requests to anywhere but the site. */
  outside: string[] = []

  private constructor(browser: Browser, site: Pick<AuditSite, 'url'>) {
    this.#browser = browser
    this.#site = site
  }

  static async start(site: Pick<AuditSite, 'url'>): Promise<AuditPageView> {
    return new AuditPageView(await sharedChromium(), site)
  }

  /** With nothing kept from before. A page that looks as is wanted is used again: a new one costs a second of computing. */
  async open({ dark = false, width = 1280, hash = '', touch = false }: OpenPage = {}): Promise<void> {
    const look = JSON.stringify([dark, width, touch])
    if (this.#look !== look) {
      await this.page?.context().close()
      this.page = await this.#newPage(dark, width, touch)
      this.#look = look
    }
    await this.#leave()
    this.problems = []
    this.outside = []
    await this.page.goto(`${this.#site.url}${hash}`)
  }

  async #leave(): Promise<void> {
    const { page } = this
    for (const other of page.context().pages()) if (other !== page) await other.close()
    if (page.url() === 'about:blank') return
    await page.evaluate('localStorage.clear(); sessionStorage.clear()')
    await page.context().clearCookies()
    await page.goto('about:blank')
  }

  async #newPage(dark: boolean, width: number, touch: boolean): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: dark ? 'dark' : 'light',
      hasTouch: touch,
      timezoneId: 'UTC',
      locale: 'en-GB',
    })
    const page = await context.newPage()
    page.on('pageerror', (error) => this.problems.push(error.message))
    page.on('console', (message) => {
      // That a request was refused is said there too.
      if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return
      this.problems.push(message.text())
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(this.#site.url.replace('ui/', '')) && !/^(blob|about):/.test(url)) this.outside.push(url)
    })
    return page
  }

  /** `fields`: further fields of the form by label. */
  async logIn(user: string, password = `${user}-pocket`, fields: Readonly<Record<string, string>> = {}): Promise<void> {
    const { page } = this
    await page.getByLabel('User name').fill(user)
    await page.getByLabel('Password', { exact: true }).fill(password)
    for (const [label, value] of Object.entries(fields)) {
      const field = page.getByLabel(label, { exact: true })
      if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value)
      else await field.fill(value)
    }
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
  }

  /** Logs in and waits for events. */
  async enter(user = 'vera'): Promise<void> {
    await this.logIn(user)
    try {
      await this.rows().first().waitFor()
    } catch (cause) {
      const said = (await this.message()) || 'nothing'
      throw new Error(`no events after the log-in; the page says: ${said}`, { cause })
    }
  }

  rows(): Locator {
    return this.page.locator('#events tbody tr')
  }

  async shown(count: number): Promise<void> {
    // One question at a time: the page has the same processors for its work.
    const settled = `document.querySelectorAll('#events tbody tr').length === ${count} && !document.querySelector('[aria-busy]')`
    await waitFor(`${count} rows`, () => this.page.evaluate<boolean>(settled), { everyMs: 50 })
  }

  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).allInnerTexts()).join(' ')
  }

  /** As the list counts. */
  async total(): Promise<number> {
    return Number((await this.text('#events .count')).replaceAll(',', ''))
  }

  message(): Promise<string> {
    return this.text('#message')
  }

  /** What the address holds of what is looked at. */
  hash(): URLSearchParams {
    return new URLSearchParams(new URL(this.page.url()).hash.slice(1))
  }

  /** Where the environment variable SCREENSHOTS names a directory. */
  async screenshot(name: string): Promise<void> {
    const directory = process.env['SCREENSHOTS']
    if (directory === undefined) return
    mkdirSync(directory, { recursive: true })
    await this.page.screenshot({ path: join(directory, `audit-page-${name}.png`) })
  }

  /** Leaves the page, and says so if it asked anybody but its site. */
  async closePage(): Promise<void> {
    await this.#leave()
    assert.deepEqual(this.outside, [], 'nothing is asked of anybody else')
  }

  async close(): Promise<void> {
    await this.page?.context().close()
  }
}
