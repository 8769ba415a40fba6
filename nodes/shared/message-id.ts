import { randomBytes } from 'node:crypto'

/** With these, a number always has ten digits, and stays one that V8 writes quickly. */
const FIRST = 1_000_000_000
const LAST = 2_000_000_000

const prefix = randomBytes(3).toString('hex')
let number = FIRST

/**
 * A new `_msgid` for a message that a source of ours makes: 16 hexadecimal digits, as the runtime's own are. The runtime
 * would draw eight random numbers and write each as a text, which takes longer than anything else that it does to send.
 */
export function messageId(): string {
  number = number === LAST ? FIRST : number + 1
  return `${prefix}${number}`
}
