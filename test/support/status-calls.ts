import type { Node } from 'node-red'

interface Spy {
  readonly args: readonly unknown[][]
  readonly thisValues: readonly unknown[]
}

/**
 * What a node in node-red-node-test-helper has given to `status`, call by call. The helper spies on what all nodes share, and a
 * node of an earlier test may say something late.
 */
export function statusCalls<Status>(node: unknown): [Status][] {
  const { args, thisValues } = (node as Pick<Node, 'status'>).status as unknown as Spy
  return args.filter((_, call) => thisValues[call] === node) as [Status][]
}
