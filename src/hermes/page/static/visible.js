/** Characters that nobody sees, or that turn the writing direction: a name could look like another's with them. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]/gu

/** A text of an event as it is shown: what could not be seen is written out. */
export function visible(value) {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value)
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** JSON for people; line breaks between members are the only ones that are not written out. */
export function visibleJson(value) {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => visible(line))
    .join('\n')
}
