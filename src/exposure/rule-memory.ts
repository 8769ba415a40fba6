import type { Journal } from '../journal/journal'
import { decodeRule } from '../openstack/neutron/security-group-rules'
import type { SecurityGroupRule } from './model'

/**
 * Rules that notifications have shown, so that a delete which names only an id can be told in full. Neutron sends the whole rule
 * with a delete since 2017; older ones send the id alone.
 */
export interface RuleMemory {
  remember(rules: readonly SecurityGroupRule[]): Promise<void>
  recall(ids: readonly string[]): Promise<ReadonlyMap<string, SecurityGroupRule>>
  /** They no longer exist. They can be recalled for some days still, as the message that said so may come again. */
  deleted(rules: readonly SecurityGroupRule[]): Promise<void>
}

const KIND = 'rule'
const DELETED = 'rule-deleted'
const DELETED_KEPT_MS = 7 * 24 * 3_600_000

/** A memory that outlives the process; `owner` is the node's id. */
export function journalRuleMemory(journal: Journal, owner: string, now: () => number = Date.now): RuleMemory {
  const put = (kind: string) => (rule: SecurityGroupRule) =>
    ({ do: 'put', owner, kind, key: rule.id, value: rule }) as const
  return {
    async remember(rules) {
      if (rules.length > 0) await journal.write(rules.map(put(KIND)))
    },
    async recall(ids) {
      const found = new Map<string, SecurityGroupRule>()
      for (const id of ids) {
        const row = (await journal.get(owner, KIND, id)) ?? (await journal.get(owner, DELETED, id))
        const rule = decodeRule(row?.value)
        if (rule !== undefined) found.set(id, rule)
      }
      return found
    },
    async deleted(rules) {
      if (rules.length === 0) return
      const before = new Date(now() - DELETED_KEPT_MS).toISOString()
      await journal.write([
        ...rules.map(put(DELETED)),
        ...rules.map(({ id }) => ({ do: 'delete', owner, kind: KIND, key: id }) as const),
        { do: 'expire', owner, kind: DELETED, before },
      ])
    },
  }
}

/** A memory for runtimes without a journal: it ends with the process and keeps the latest `limit` rules. */
export function processRuleMemory(limit = 10_000): RuleMemory {
  const rules = new Map<string, SecurityGroupRule>()
  return {
    remember(seen) {
      for (const rule of seen) {
        rules.delete(rule.id)
        rules.set(rule.id, rule)
      }
      for (const id of rules.keys()) {
        if (rules.size <= limit) break
        rules.delete(id)
      }
      return Promise.resolve()
    },
    recall: (ids) =>
      Promise.resolve(
        new Map(
          ids.flatMap((id) => {
            const rule = rules.get(id)
            return rule === undefined ? [] : [[id, rule] as const]
          }),
        ),
      ),
    deleted: () => Promise.resolve(),
  }
}
