import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Debian's Chromium; nothing but loopback has an address for it, so no request leaves the machine. */
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
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  })
}

let shared: Promise<Browser> | undefined

/** The browser that all test files of one run share: open a context of your own in it, and leave it running. */
export function sharedChromium(): Promise<Browser> {
  shared ??= startChromium()
  return shared
}

if (typeof after === 'function') {
  // A root hook: mocha runs it once, after all files.
  after(async () => {
    const browser = await shared?.catch(() => undefined)
    shared = undefined
    await browser?.close()
  })
}

export interface Editor {
  readonly page: Page
  /** Errors that the page threw or logged, without the palette catalogue that cannot be had offline. */
  readonly problems: string[]
  screenshot(name: string): Promise<void>
  close(): Promise<void>
}

/** What slides and fades takes computing time, and is not what the tests look at. */
const STILL = `addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style')
  style.textContent = '*, *::before, *::after { transition: none !important; animation: none !important }'
  document.head.append(style)
})`

/** Opens the Node-RED editor and waits until our types are registered and nothing covers the workspace. */
export async function openEditor(browser: Browser, url: string, dark = false): Promise<Editor> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
  })
  await context.addInitScript(STILL)
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => {
    // Node-RED's box of tips, where its timer is faster than its sidebar; nothing of ours calls `html`.
    if (error.message === "Cannot read properties of undefined (reading 'html')") return
    problems.push(error.message)
  })
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    if (message.location().url.includes('catalogue')) return
    problems.push(message.text())
  })
  await page.goto(url)
  await page.waitForFunction(
    "typeof RED !== 'undefined' && !!RED.nodes.getType('syslog-out') && !document.querySelector('#red-ui-loading-progress:not([style*=none])')",
  )
  await page.evaluate('$.fx.off = true')
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

/** Until the dialog (tray) on top is where it stays; Node-RED raises the stack of them last. */
export async function dialogOpened(page: Page): Promise<void> {
  await page.locator('.red-ui-tray #dialog-form, .red-ui-tray #node-config-dialog-edit-form').first().waitFor()
  await page.waitForFunction("$('#red-ui-editor-stack').css('zIndex') === '13'")
}

export async function openDialog(page: Page, id: string): Promise<void> {
  await page.evaluate(`RED.editor.edit(RED.nodes.node('${id}'))`)
  await dialogOpened(page)
}

export async function openConfigDialog(page: Page, id: string): Promise<void> {
  await page.evaluate(`RED.editor.editConfig('', RED.nodes.node('${id}').type, '${id}')`)
  await dialogOpened(page)
}

/** By the button; works for nodes and configuration nodes. */
export async function closeDialog(page: Page, button: 'ok' | 'cancel'): Promise<void> {
  await page.locator(`#node-dialog-${button}, #node-config-dialog-${button}`).click()
  await page.locator('.red-ui-tray').first().waitFor({ state: 'detached' })
}

/** Presses Deploy, and says yes where the editor asks back. */
export async function deployInEditor(page: Page): Promise<void> {
  const done = page.locator('#red-ui-header-button-deploy.disabled')
  await page.locator('#red-ui-header-button-deploy').click()
  await Promise.race([
    done.waitFor(),
    page
      .locator('.red-ui-notification button.primary, #red-ui-dialog-confirm-deploy-deploy')
      .first()
      .click()
      .catch(() => {}),
  ])
  await done.waitFor()
}

/** Closes what the editor tells in passing, as a click on it does; it covers the upper nodes for five seconds. */
export async function closeNotifications(page: Page): Promise<void> {
  const all = page.locator('.red-ui-notification')
  await all.first().waitFor()
  await all.evaluateAll((told) => {
    for (const one of told) (one as unknown as { close(): void }).close()
  })
  await all.first().waitFor({ state: 'detached' })
}
