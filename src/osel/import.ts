import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { type Draft, needed } from './draft'
import { importKeystone } from './import-keystone'
import { importQualys } from './import-qualys'
import { importRabbit } from './import-rabbit'
import { importSyslog } from './import-syslog'
import type { FilledType, OselImport, OselNote } from './model'
import { type OselValues, readOselYaml } from './yaml'

/** A batch can stay open for 7 days at most. */
const LONGEST_BATCH_MINUTES = 7 * 24 * 60

/**
 * Turns the text of osel's YAML file into settings of the main example's nodes, and says of each key what became of it.
 * @throws OperatorError OSEL_CONFIGURATION if it is not such a file
 */
export function importOsel(text: string): OselImport {
  const values = readOselYaml(text)
  const known = values.size
  const notes: OselNote[] = []
  const settings = new Map<FilledType, Record<string, unknown>>()
  const credentials = new Map<FilledType, Record<string, string>>()
  const draft: Draft = {
    take: (key) => taken(values, key),
    set: (type, properties) => settings.set(type, { ...settings.get(type), ...properties }),
    secret: (type, more) => credentials.set(type, { ...credentials.get(type), ...more }),
    note: (key, verdict, said) => notes.push({ key, verdict, text: said }),
  }
  importBatch(draft)
  importRabbit(draft)
  importKeystone(draft)
  importQualys(draft)
  importSyslog(draft)
  importRest(draft)
  if (values.size === known) {
    throw new OperatorError('OSEL_CONFIGURATION', "The text holds none of osel's keys.", {
      remedy: 'Paste the whole YAML file that EL_CONFIG names.',
    })
  }
  for (const key of values.keys()) draft.note(quote(key, 60), 'no-meaning', 'osel did not know this key either.')
  return { settings: Object.fromEntries(settings), credentials: Object.fromEntries(credentials), notes }
}

function taken(values: OselValues, key: string): string | undefined {
  const value = values.get(key)
  values.delete(key)
  return value === '' ? undefined : value
}

function importBatch(draft: Draft): void {
  const key = 'batch_interval'
  const given = needed(draft, key, 'Set the time in the batch node; osel’s documentation used 2 and 60 minutes.')
  if (given === undefined) return
  const minutes = Number(given)
  if (!Number.isFinite(minutes) || minutes <= 0 || minutes > LONGEST_BATCH_MINUTES) {
    draft.note(key, 'unreadable', 'It is no number of minutes up to 7 days; set the time in the batch node.')
    return
  }
  draft.set('cadf-batch', { name: `Collect for ${minutes} min`, window: String(minutes), windowUnit: 'minutes' })
  draft.note(
    key,
    'changed',
    `The batch node waits ${minutes} min. The time runs from the first change, where osel had fixed intervals; a batch survives a restart.`,
  )
}

function importRest(draft: Draft): void {
  const rest: [string, string][] = [
    [
      'debug',
      'How much is logged is a setting of Node-RED (logging.console.level in settings.js). In osel, false could crash it.',
    ],
    ['logfile', 'osel never read it. Node-RED writes its log to where its service does.'],
    [
      'retry_syslog',
      'The syslog node always tries again, with growing pauses, and holds what it has. In osel, true ended the process.',
    ],
  ]
  for (const [key, why] of rest) {
    if (draft.take(key) !== undefined) draft.note(key, 'no-meaning', why)
  }
}
