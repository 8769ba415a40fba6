import { type Answer, JSON_TYPE } from '../answer'
import { notFound } from '../failure'
import type { KnownRoute } from '../model'
import { recordRead } from '../record-read'
import { eventText, shapeOf } from '../shape/shapes'

export const show: KnownRoute = async (call, options): Promise<Answer> => {
  const shape = shapeOf(call.parameters, options.shape)
  const reading = call.reading()
  const id = bareId(call.members['event_id'] ?? '')
  // Of another tenant is the same as not there at all.
  const missing = () => notFound('There is no such event.')
  if (reading.kind === 'nothing' || id === '') throw missing()
  const found = await call.trail.store.get(reading.scope, id)
  await recordRead(call, reading, 'read')
  if (found === undefined) throw missing()
  const showing = { shape, details: true }
  return {
    status: 200,
    headers: { 'content-type': JSON_TYPE },
    body: `${eventText(found.event, found.pending, showing)}\n`,
  }
}

/** Spellings that a store need not know: braces around a UUID. Control characters are in no id. */
function bareId(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const visible = text.replace(/[\u0000-\u001f\u007f]/g, '').trim()
  return /^\{(.*)\}$/.exec(visible)?.[1] ?? visible
}
