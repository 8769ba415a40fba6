/** Slack's limits (block kit reference): a block more or a character more refuses the whole message. */
export const LIMITS = {
  blocks: 50,
  header: 150,
  section: 3000,
  fields: 10,
  field: 2000,
  /** Ours, so that all facts together stay within {@link LIMITS.all}. */
  builtField: 600,
  button: 75,
  url: 3000,
  fallback: 4000,
  /** Of all texts together: undocumented; `msg_blocks_too_long` was seen from 13,172 characters on (slackapi/bolt-js#2509). */
  all: 12_000,
} as const
