/**
 * How many parts a text message is sent in, which is what it costs: 160 units of the GSM 7-bit alphabet, or 70 of UCS-2 as
 * soon as one character is not in it; 153 and 67 each where there are more parts (3GPP TS 23.038 and 23.040).
 */
export interface SmsSize {
  readonly encoding: 'GSM-7' | 'UCS-2'
  readonly parts: number
}

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Behind an escape: two units each. */
const EXTENDED = new Set('^{}\\[~]|€\f')
const SINGLE = { 'GSM-7': 160, 'UCS-2': 70 }
const JOINED = { 'GSM-7': 153, 'UCS-2': 67 }
/** Amazon SNS takes no more in one request. */
const MOST_CHARACTERS = 1600

export function smsSize(text: string): SmsSize {
  const gsm = [...text].every((character) => BASIC.has(character) || EXTENDED.has(character))
  const encoding = gsm ? 'GSM-7' : 'UCS-2'
  const units = [...text].map((character) => (gsm ? (EXTENDED.has(character) ? 2 : 1) : character.length))
  const total = units.reduce((sum, one) => sum + one, 0)
  if (total <= SINGLE[encoding]) return { encoding, parts: 1 }
  let parts = 1
  let used = 0
  for (const one of units) {
    // Neither an escape nor a surrogate pair is torn in two.
    if (used + one > JOINED[encoding]) {
      parts += 1
      used = 0
    }
    used += one
  }
  return { encoding, parts }
}

/**
 * Cuts a text so that it and what must stand behind it fit into so many parts.
 * @param tail e.g. a link, kept whole; left out where it alone does not fit
 */
export function fitSms(text: string, tail: string, parts: number): string {
  const fits = (one: string) => one.length <= MOST_CHARACTERS && smsSize(one).parts <= parts
  const end = fits(tail) ? tail : ''
  if (fits(text + end)) return text + end
  const clusters = [...graphemes.segment(text.slice(0, MOST_CHARACTERS))].map(({ segment }) => segment)
  const shortened = (count: number) => {
    const head = clusters.slice(0, count).join('').trimEnd()
    // The sign for "cut" must not make the message a UCS-2 one.
    return head + (smsSize(head).encoding === 'GSM-7' ? '...' : '…') + end
  }
  let least = 0
  let most = clusters.length
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (fits(shortened(middle))) least = middle
    else most = middle - 1
  }
  return shortened(least)
}

const ALIKE: Readonly<Record<string, string>> = {
  ...{ '‘': "'", '’': "'", '‚': "'", '“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '`': "'", '´': "'" },
  ...{ '–': '-', '—': '-', '−': '-', '…': '...', '×': 'x', '•': '*', '→': '->', '\u00a0': ' ', '\t': ' ' },
}

/** In the GSM alphabet: letters lose their marks, pictures go, what cannot be written becomes a question mark. */
export function toGsm(text: string): string {
  return [...graphemes.segment(text)].map(({ segment }) => clusterToGsm(segment)).join('')
}

function clusterToGsm(cluster: string): string {
  if ([...cluster].every((character) => BASIC.has(character) || EXTENDED.has(character))) return cluster
  const alike = ALIKE[cluster]
  if (alike !== undefined) return alike
  const [first = ''] = cluster.normalize('NFKD')
  if (BASIC.has(first) || EXTENDED.has(first)) return first
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Mn}|\p{Cf}/u.test(cluster) ? '' : '?'
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
