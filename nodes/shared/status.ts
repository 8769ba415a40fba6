import type { Node, NodeStatusFill, NodeStatusShape } from 'node-red'

/**
 * The one table of statuses. Status nodes route on texts, so the first words of a text are stable and figures follow.
 *
 * | method | look | meaning |
 * |---|---|---|
 * | connecting | yellow ring | connecting or waiting |
 * | ready | green dot | works |
 * | busy | blue dot | working, with a count |
 * | healing | red ring | will heal by itself; says when it tries next |
 * | attention | red dot | a person must act |
 */
export interface NodeStatus {
  connecting(text: string): void
  ready(text: string): void
  busy(text: string): void
  healing(text: string): void
  attention(text: string): void
  clear(): void
}

const LONGEST_TEXT = 60
/** Every status goes to every open editor. */
const AT_MOST_EVERY_MS = 1000

export function statusOf(node: Node): NodeStatus {
  let shown = ''
  let last = 0
  let pending: { fill: NodeStatusFill; shape: NodeStatusShape; text: string } | undefined
  let timer: NodeJS.Timeout | undefined

  const flush = () => {
    timer = undefined
    if (pending === undefined) return
    last = Date.now()
    node.status(pending)
    pending = undefined
  }
  const show = (fill: NodeStatusFill, shape: NodeStatusShape, text: string) => {
    const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text
    const next = `${fill} ${shape} ${cut}`
    if (next === shown) return
    const sameLook = shown.startsWith(`${fill} ${shape} `)
    shown = next
    pending = { fill, shape, text: cut }
    // A change of look is news and goes at once; a mere change of figures waits for its turn.
    if (!sameLook || Date.now() - last >= AT_MOST_EVERY_MS) {
      clearTimeout(timer)
      flush()
    } else if (timer === undefined) {
      timer = setTimeout(flush, AT_MOST_EVERY_MS - (Date.now() - last))
      timer.unref()
    }
  }
  node.on('close', () => clearTimeout(timer))
  return {
    connecting: (text) => show('yellow', 'ring', text),
    ready: (text) => show('green', 'dot', text),
    busy: (text) => show('blue', 'dot', text),
    healing: (text) => show('red', 'ring', text),
    attention: (text) => show('red', 'dot', text),
    clear: () => {
      clearTimeout(timer)
      timer = undefined
      pending = undefined
      shown = ''
      node.status({})
    },
  }
}
