import { randomBytes, randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Configuration } from '../model'
import { DETAIL, KIND, PARTY } from './columns'

/** Of the file's layout. A file with another one is refused. */
export const LAYOUT = 1

/**
 * - `event`: what was given, by its number, which is its position in the chain.
 * - `chain`: leaf and link for each position, of events and of notes; stays when an event goes.
 * - `listed`, `listed_by_tenant`: what lists and counts walk through, by time; `state` 1 is superseded by its final phase.
 *   They hold all that most questions ask for, so that no event's row is read but those that are shown.
 * - `lookup`: events by hash of their ids (event, message, request, target). Ids are random: one index over all would touch
 *   a page of its own for each; so there is a small one for each {@link SEGMENT} events.
 * - `awaiting`: events that look-ups had no answer for when they were stored.
 * - `rollup`: how many are listed by day, tenant and kind; `party_of_tenant` the same by party. Tenant 0 is everything, and
 *   there `kept` counts all rows of a party, also those that are not listed.
 */
function tables(fullText: boolean): string {
  return `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE tenant (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, cloud TEXT NOT NULL, name TEXT NOT NULL, settings TEXT, let_go INTEGER,
    UNIQUE (cloud, name)) STRICT;
  CREATE TABLE kind (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, of_cloud TEXT NOT NULL,
    ${KIND.map((name) => `${name} TEXT`).join(', ')}) STRICT;
  CREATE INDEX kind_by_key ON kind (key);
  CREATE TABLE party (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, ${PARTY.map((name) => `${name} TEXT`).join(', ')}) STRICT;
  CREATE INDEX party_by_key ON party (key);
  ${PARTY.map((name) => `CREATE INDEX party_by_${name} ON party (${name}) WHERE ${name} IS NOT NULL;`).join('\n  ')}
  CREATE TABLE origin (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, event_type TEXT, publisher TEXT, priority TEXT) STRICT;
  CREATE INDEX origin_by_key ON origin (key);
  CREATE VIRTUAL TABLE kind_words USING fts5(${KIND.join(', ')}, content='', columnsize=0, ${TOKENIZER});
  CREATE VIRTUAL TABLE party_words USING fts5(${PARTY.join(', ')}, content='', contentless_delete=1, ${TOKENIZER});
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, final INTEGER NOT NULL, id ANY NOT NULL, content ANY NOT NULL,
    kind INTEGER NOT NULL, party INTEGER NOT NULL, origin INTEGER, tenant INTEGER, tenants TEXT,
    sent_message_id ANY, sent_at INTEGER, sent_text TEXT, ${DETAIL.map((name) => `${name} ANY`).join(', ')},
    added TEXT, body TEXT NOT NULL) STRICT;
  CREATE TABLE chain (position INTEGER PRIMARY KEY, leaf BLOB NOT NULL, link BLOB NOT NULL) STRICT;
  CREATE TABLE note (position INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE listed (state INTEGER NOT NULL, time INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
    party INTEGER NOT NULL, PRIMARY KEY (state, time, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE listed_by_tenant (tenant INTEGER NOT NULL, state INTEGER NOT NULL, time INTEGER NOT NULL, seq INTEGER NOT NULL,
    kind INTEGER NOT NULL, party INTEGER NOT NULL, PRIMARY KEY (tenant, state, time, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE superseded (seq INTEGER PRIMARY KEY, by INTEGER NOT NULL, by_time INTEGER NOT NULL) STRICT;
  ${AWAITING}
  CREATE TABLE segment (id INTEGER PRIMARY KEY, filter BLOB) STRICT;
  CREATE TABLE lookup (segment INTEGER NOT NULL, hash INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (segment, hash, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE rollup (day INTEGER NOT NULL, tenant INTEGER NOT NULL, kind INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (day, tenant, kind)) STRICT, WITHOUT ROWID;
  CREATE TABLE day (day INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
  CREATE TABLE party_of_tenant (tenant INTEGER NOT NULL, party INTEGER NOT NULL, n INTEGER NOT NULL,
    kept INTEGER NOT NULL, PRIMARY KEY (tenant, party)) STRICT, WITHOUT ROWID;
  ${fullText ? `CREATE VIRTUAL TABLE words USING fts5(id, ${DETAIL.join(', ')}, content='', contentless_delete=1, ${TOKENIZER});` : ''}
`
}

const AWAITING = 'CREATE TABLE IF NOT EXISTS awaiting (seq INTEGER PRIMARY KEY) STRICT;'

/** Tables that came later than the layout: files of an earlier version lack them. */
export function completeTables(database: DatabaseSync): void {
  const known = database.prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE name = 'awaiting'`).get()?.['n']
  if (known === 0) database.exec(AWAITING)
}

/** Texts come cut into words; whatever is in a word stays in it. */
const TOKENIZER = `tokenize="unicode61 remove_diacritics 0 categories 'L* N* M*' tokenchars '-_'"`

export interface Meta {
  readonly writer: string
  /** Makes the hashes of ids other in each store, so that nobody can choose ids whose hashes coincide. */
  readonly salt: number
  readonly fullText: boolean
}

/** Before the first table, as it cannot be changed later. A row of 1.5 kB fits ten times into such a page, twice into one of 4 kB. */
export const PAGE_SIZE = 16384

/** Makes the tables in a new file, and reads what is told of the store in either. Throws `LAYOUT` for a file of another layout. */
export function prepareTables(database: DatabaseSync, fullText: boolean): Meta {
  const known = database.prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE name = 'meta'`).get()?.['n']
  if (known === 0) {
    if (database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] !== 0) throw otherLayout()
    database.exec('BEGIN IMMEDIATE')
    database.exec(tables(fullText))
    const put = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)')
    put.run('layout', LAYOUT)
    put.run('writer', randomUUID())
    put.run('salt', randomBytes(4).readUInt32LE())
    put.run('full_text', fullText ? 1 : 0)
    database.exec('INSERT INTO segment (id) VALUES (0)')
    database.exec('COMMIT')
  }
  return readMeta(database)
}

export function readMeta(database: DatabaseSync): Meta {
  const value = database.prepare('SELECT value FROM meta WHERE name = ?')
  const read = (name: string) => value.get(name)?.['value']
  if (read('layout') !== LAYOUT) throw otherLayout()
  return { writer: String(read('writer')), salt: Number(read('salt')), fullText: read('full_text') === 1 }
}

const CONFIGURATION = 'configuration'

export function readConfiguration(database: DatabaseSync): Configuration | undefined {
  const row = database.prepare('SELECT value FROM meta WHERE name = ?').get(CONFIGURATION)
  return row === undefined ? undefined : (JSON.parse(String(row['value'])) as Configuration)
}

export function writeConfiguration(database: DatabaseSync, configuration: Configuration): void {
  database.prepare('REPLACE INTO meta (name, value) VALUES (?, ?)').run(CONFIGURATION, JSON.stringify(configuration))
}

function otherLayout(): Error {
  return Object.assign(new Error('it is no audit store of this version'), { code: 'LAYOUT' })
}
