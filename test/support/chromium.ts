import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Debian's Chromium; no request leaves the machine. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Editor {
  readonly page: Page
  /** Errors that the page threw or logged, without the palette catalogue that cannot be had offline. */
  readonly problems: string[]
  screenshot(name: string): Promise<void>
  close(): Promise<void>
}

/** Opens the Node-RED editor and waits until our types are registered and nothing covers the workspace. */
export async function openEditor(browser: Browser, url: string, dark = false): Promise<Editor> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
  })
  await context.route('**/*', (route) =>
    new URL(route.request().url()).hostname === '127.0.0.1' ? route.continue() : route.abort(),
  )
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => {
    // Node-RED's box of tips, where its timer is faster than its sidebar; nothing of ours calls `html`.
    if (error.message === "Cannot read properties of undefined (reading 'html')") return
    problems.push(error.message)
  })
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    if (message.location().url.includes('catalogue') || message.text().includes('ERR_FAILED')) return
    problems.push(message.text())
  })
  await page.goto(url)
  await page.waitForFunction(
    "typeof RED !== 'undefined' && !!RED.nodes.getType('syslog-out') && !document.querySelector('#red-ui-loading-progress:not([style*=none])')",
  )
  return {
    page,
    problems,
    async screenshot(name) {
      const directory = process.env['SCREENSHOTS']
      if (directory === undefined) return
      mkdirSync(directory, { recursive: true })
      await page.screenshot({ path: join(directory, `${name}.png`) })
    },
    close: () => context.close(),
  }
}
