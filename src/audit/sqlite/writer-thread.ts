import { type Signer, signerOf } from '../chain/signing'
import type { Opened, WriterCalls, WriterData } from './calls'
import { giveCheckpoint, lastNoteIsSigned } from './checkpoints'
import { lockStore, openToWrite } from './database'
import { damageOf } from './health'
import { LateNames } from './late-names'
import { Removal } from './removal'
import { Retirement } from './retire'
import { completeTables, prepareTables, writeConfiguration } from './schema'
import { Transactions } from './transactions'
import { recordsOf, type Wire } from './wire'
import { EventWriter } from './writer'

export function writerCalls(data: WriterData): { calls: WriterCalls; opened: Opened } {
  const lock = lockStore(data.path)
  const database = openToWrite(data.path, data.maxBytes)
  const meta = prepareTables(database, data.fullText)
  const close = () => {
    database.close()
    lock.close()
  }
  const damaged = damageOf(database, data.path, meta)
  if (damaged !== undefined) return { opened: { fullText: meta.fullText, damaged }, calls: refusing(damaged, close) }
  completeTables(database)
  const events = new EventWriter(database, meta)
  const late = new LateNames(database, meta, events)
  const transactions = new Transactions(database, events, late)
  const signer: Signer | undefined = data.key === undefined ? undefined : signerOf(data.key)
  const retirement = new Retirement(database, events, new Removal(database, meta, events.rollups), signer)
  const checkpoint = () => transactions.run(() => giveCheckpoint(events, new Date(), signer))
  if (signer !== undefined && events.head.position > 0 && !lastNoteIsSigned(database, signer)) checkpoint()
  const gathered = new Map<number, Wire[]>()
  return {
    opened: { fullText: meta.fullText },
    calls: {
      gather: (batch, wire) => {
        gathered.set(batch, [...(gathered.get(batch) ?? []), wire])
      },
      insert: (batch, wire) => {
        const parts = [...(gathered.get(batch) ?? []), wire]
        gathered.delete(batch)
        return transactions.insert(parts.flatMap(recordsOf))
      },
      fillIn: (fillings) => transactions.run(() => late.fillIn(fillings)),
      setSettings: ({ cloud, id }, settings) => {
        transactions.run(() => {
          const number = events.tenant(cloud, id)
          database.prepare('UPDATE tenant SET settings = ? WHERE id = ?').run(JSON.stringify(settings), number)
        })
      },
      setConfiguration: (configuration) => {
        transactions.run(() => writeConfiguration(database, configuration))
      },
      checkpoint,
      retire: (what) => transactions.run(() => retirement.retire(what, new Date())),
      close: () => {
        transactions.commit()
        close()
      },
    },
  }
}

/** Of a damaged store: what is written to it could be lost, or make it worse. Questions go to other threads. */
function refusing(damage: string, close: () => void): WriterCalls {
  const refuse = (): never => {
    throw Object.assign(new Error(damage), { code: 'DAMAGED' })
  }
  return {
    gather: () => {},
    insert: async () => refuse(),
    fillIn: refuse,
    setSettings: refuse,
    setConfiguration: refuse,
    checkpoint: refuse,
    retire: refuse,
    close,
  }
}
