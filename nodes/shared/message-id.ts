import { randomBytes } from 'node:crypto'

const prefix = randomBytes(4).toString('hex')
let count = 0

/**
 * A new `_msgid` for a message that a source of ours makes: 16 hexadecimal digits, as the runtime's own are. The runtime
 * would draw eight random numbers and write each as a text, which takes longer than anything else that it does to send.
 */
export function messageId(): string {
  count = (count + 1) % 0x1_0000_0000
  return prefix + count.toString(16).padStart(8, '0')
}
