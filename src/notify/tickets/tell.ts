import { type ChannelMemory, NotifyError, type Sent } from '../channel'
import type { Report } from '../model'
import { markOf } from './marks'
import type { Done, Ticket, TicketSystem } from './ticket-system'

/** What this node remembers of a matter. */
interface Remembered {
  /** The ticket it opened or found last. */
  readonly ticket?: string
  /** A ticket was asked for and no answer came; ms since 1970. */
  readonly asked?: number
}

/**
 * One report, one effect: what is open is commented, what closes resolves it, else a ticket is opened. A report that is in a
 * ticket already has no second effect, so that it can be repeated whenever nobody knows whether it arrived.
 *
 * What was asked for is written down before, and a ticket without an answer is looked for until it must have shown.
 * @throws NotifyError
 */
export async function tellTickets<T extends Ticket>(
  system: TicketSystem<T>,
  memory: ChannelMemory,
  report: Report,
  now: () => number,
  signal?: AbortSignal,
): Promise<Sent> {
  const key = `ticket ${markOf(report.ticketKey)}`
  const known = rememberedOf(await memory.get(key))
  const tickets = await findTickets(system, known, report, signal)
  for (const ticket of tickets) {
    if (!(await system.holds(ticket, report, signal))) continue
    await memory.put(key, { ticket: ticket.id })
    // It came as far as the comment, and no further.
    if (report.closes && ticket.open) return await resolved(system, { ticket }, report, signal)
    return { did: 'repeated', ...shown({ ticket }) }
  }
  const ticket = tickets.find(({ open }) => open)
  if (ticket !== undefined) {
    const done = await system.comment(ticket, report, signal)
    await memory.put(key, { ticket: ticket.id })
    return report.closes ? await resolved(system, done, report, signal) : { did: 'commented', ...shown(done) }
  }
  const waitMs = known.asked === undefined ? 0 : known.asked + system.lagMs - now()
  if (waitMs > 0) {
    throw new NotifyError('transient', `${system.name} did not answer when a ticket was opened; it is looked for.`, {
      retryAfterMs: Math.min(waitMs, LOOK_AGAIN_MS),
    })
  }
  if (report.closes) return { did: 'nothing' }
  await memory.put(key, { ...known, asked: now() })
  try {
    const done = await system.open(report, signal)
    await memory.put(key, { ticket: done.ticket.id })
    return { did: 'opened', ...shown(done) }
  } catch (thrown) {
    // Refused is not opened; anything else may have been.
    if (thrown instanceof NotifyError && thrown.kind !== 'unknown') await memory.put(key, { ticket: known.ticket })
    throw thrown
  }
}

const LOOK_AGAIN_MS = 10_000

/** The one that is remembered, asked for by its id as that is never late, and what the system finds. */
async function findTickets<T extends Ticket>(
  system: TicketSystem<T>,
  known: Remembered,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<readonly T[]> {
  const remembered = known.ticket === undefined ? undefined : await system.fetch(known.ticket, report, signal)
  if (remembered?.open === true) return [remembered]
  const found = await system.find(report, known.asked === undefined ? 'open' : 'any', signal)
  return remembered === undefined ? found : [remembered, ...found.filter(({ id }) => id !== remembered.id)]
}

async function resolved<T extends Ticket>(
  system: TicketSystem<T>,
  { ticket, incomplete }: Done<T>,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Sent> {
  const done = await system.resolve(ticket, report, signal)
  const both = [incomplete, done.incomplete].filter((text) => text !== undefined).join('; ')
  return {
    did: done.resolved === false ? 'commented' : 'resolved',
    ...shown({ ticket: done.ticket, incomplete: both === '' ? undefined : both }),
  }
}

function shown({ ticket: { name, url }, incomplete }: Done): Omit<Sent, 'did'> {
  return { id: name, ...(url === undefined ? {} : { url }), ...(incomplete === undefined ? {} : { incomplete }) }
}

/** Rows are JSON that an older version may have written. */
function rememberedOf(value: unknown): Remembered {
  if (typeof value !== 'object' || value === null) return {}
  const { ticket, asked } = value as Record<string, unknown>
  return {
    ...(typeof ticket === 'string' ? { ticket } : {}),
    ...(typeof asked === 'number' ? { asked } : {}),
  }
}
