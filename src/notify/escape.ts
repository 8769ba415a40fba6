import type { Escape } from './channel'

/**
 * How text from outside is made harmless in each kind of target. Control characters go everywhere, but for line ends and
 * tabs; marks that turn the direction of writing are shown as escapes, as they can make a text say another thing.
 */
export function escaperFor(target: Escape): (value: unknown) => string {
  const special = ESCAPES[target]
  return (value) => special(visible(textOf(value)))
}

export function escapeText(text: string, target: Escape): string {
  return ESCAPES[target](visible(text))
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const ZERO_WIDTH_SPACE = '\u200b'
/** What makes a list or a heading of a line that begins with it. */
const LIST_MARKS = /(^[ \t]*|\n[ \t]*|(?:^|\n)[ \t]*\d{1,9})([-+=.](?=\s))/g

const ESCAPES: Readonly<Record<Escape, (text: string) => string>> = {
  none: (text) => text,
  html: (text) => text.replace(/[&<>"']/g, (character) => HTML[character] ?? character),
  // Slack asks for exactly these three; they also take its meaning from <!channel> and <@U123>.
  slack: (text) => text.replace(/[&<>]/g, (character) => HTML[character] ?? character),
  // The part of Markdown that adaptive cards render; what could be a link or a picture needs brackets.
  teams: (text) => text.replace(/[\\*_[\]()~#`<>!|]/g, (character) => `\\${character}`).replace(LIST_MARKS, '$1\\$2'),
  markdown: (text) =>
    text
      .replace(/[\\*_[\]()~`>!|{}<&]/g, (character) =>
        character === '<' ? '&lt;' : character === '&' ? '&amp;' : `\\${character}`,
      )
      .replace(/(^|\n)([ \t]*)([#+=-])/g, '$1$2\\$3')
      .replace(/(^|\n)([ \t]*\d{1,9})(\.)/g, '$1$2\\$3')
      // Mentions and references to issues reach people who have nothing to do with it.
      .replace(/([@#])(?=\w)/g, `$1${ZERO_WIDTH_SPACE}`),
  // Telegram finds mentions in plain text too.
  telegram: (text) =>
    text.replace(/[&<>"]/g, (character) => HTML[character] ?? character).replace(/@(?=\w)/g, `@${ZERO_WIDTH_SPACE}`),
  // Jira's wiki markup; braces open macros.
  wiki: (text) => text.replace(/[\\{}[\]|*_?^~+!#-]/g, (character) => `\\${character}`),
}

function visible(text: string): string {
  return (
    text
      .replace(
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
        (character) => (character === '\r' ? '' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
      )
      // Half a surrogate pair, which JSON can carry, is refused by many services as broken JSON.
      .replace(/\p{Surrogate}/gu, '\ufffd')
  )
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
