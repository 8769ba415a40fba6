import type { Page } from 'playwright-core'

/** What a checker of accessibility would look at, by hand: there is none among the dependencies. */

export interface Contrast {
  readonly text: string
  readonly contrast: number
}

/**
 * Texts that can be seen and whose contrast with what is behind them is below `least`, by WCAG's formula. What is drawn in SVG
 * is compared with the nearest background of HTML; controls that are switched off need none.
 */
export function leastContrasts(page: Page, least: number): Promise<Contrast[]> {
  return page.evaluate(`(() => {
    const parse = (colour) => {
      const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number)
      return { r, g, b, a }
    }
    const over = (top, under) => {
      const mix = (one, other) => one * top.a + other * (1 - top.a)
      return { r: mix(top.r, under.r), g: mix(top.g, under.g), b: mix(top.b, under.b), a: 1 }
    }
    const behind = (element) => {
      const layers = []
      for (let at = element; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor)
        if (colour.a > 0) layers.push(colour)
        if (colour.a === 1) break
      }
      return layers.reduceRight((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 })
    }
    const luminance = ({ r, g, b }) => {
      const part = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)
      return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }
    const found = []
    const root = document.querySelector('dialog[open]') ?? document.body
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent.trim()
      const element = node.parentElement
      if (text === '' || !element.checkVisibility() || element.closest(':disabled, noscript, option')) continue
      const box = element.getBoundingClientRect()
      if (box.width <= 1 || box.height <= 1) continue
      const style = getComputedStyle(element)
      const background = behind(element)
      const colour = over(parse(element instanceof SVGElement ? style.fill : style.color), background)
      const [dark, light] = [luminance(colour), luminance(background)].sort((one, other) => one - other)
      const contrast = (light + 0.05) / (dark + 0.05)
      if (contrast < ${least}) found.push({ text: text.slice(0, 60), contrast })
    }
    return found
  })()`)
}

/** Controls and images that can be seen and have no name that is read out. */
export function unnamedControls(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const named = (element) =>
      element.getAttribute('aria-label') ||
      [...(element.getAttribute('aria-labelledby') ?? '').split(' ')].some((id) => document.getElementById(id)?.textContent) ||
      [...(element.labels ?? [])].some((label) => label.textContent.trim()) ||
      (/^(BUTTON|A|SUMMARY)$/.test(element.tagName) && element.textContent.trim())
    const controls = [...document.querySelectorAll('button, input, select, textarea, a, summary, [role=button], dialog[open], section')]
    const images = [...document.querySelectorAll('img')].filter((image) => !image.hasAttribute('alt'))
    return [...controls.filter((element) => element.checkVisibility() && !named(element)), ...images].map(
      (element) => element.outerHTML.slice(0, 120),
    )
  })()`)
}
