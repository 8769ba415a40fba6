import { isAbsolute, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import type { Journal } from '../../src/journal/journal'
import type { LogFileState } from '../../src/notification/log-file/contract'
import { deadLetterFile } from '../../src/notification/log-file/dead-letter-file'
import { diskFileSystem } from '../../src/notification/log-file/file-system'
import { LogFileSource } from '../../src/notification/log-file/log-file-source'
import { showCounts } from '../shared/counters'
import { journalTrouble } from '../shared/journal'
import { patientJournal } from '../shared/patient-journal'
import { deliverySource } from './delivery-source'
import { numberOr, type SourceSetting, type StartedSource, textOr } from './source'

const POLL_MS = 250
/** A notification of a large object has some 10 kB; this is a fuse, not a limit to reckon with. */
const LONGEST_LINE = 16 * 1024 * 1024
const DRAIN_MS = 5000

/** The branch of the node that follows a file which the oslo `log` driver writes. */
export function startLogFileSource(setting: SourceSetting): StartedSource {
  const { RED, node, config, status, wants, conversion } = setting
  const path = pathOf(config.file)
  const userDir = (RED.settings as { userDir?: string }).userDir ?? process.cwd()
  let source: LogFileSource | undefined
  let lateSends = 0
  const deliveries = deliverySource(RED, node, config, {
    pause: (reason) => {
      source?.pause()
      status.healing(`paused: ${reason}`)
    },
    resume: () => source?.resume(),
    lateSends: (total) => {
      lateSends = total
    },
  })
  const window = numberOr(config.window, 250)
  let received = 0
  let deadLetters = 0
  showCounts(RED, node, () => ({ received, deadLetters }))
  const reportState = reporter(setting, window, () => ({ paused: source?.isPaused ?? false, lateSends, received }))

  const report = (state: LogFileState) => {
    if (state.kind === 'dead-letter') deadLetters += 1
    reportState(state)
  }

  const stop = new AbortController()
  const begin = (journal: Journal) => {
    source = new LogFileSource(
      {
        path,
        cloud: textOr(config.cloud, ''),
        startAt: config.start === 'beginning' ? 'beginning' : 'end',
        window,
        attempts: numberOr(config.attempts, 5),
        longestLine: LONGEST_LINE,
        pollMs: POLL_MS,
        fs: diskFileSystem,
        sleep: pause,
        wants,
        conversion,
      },
      {
        journal,
        owner: node.id,
        deliveries,
        keepDeadLetter: deadLetterFile(
          textOr(config.deadLetters, '') || join(userDir, `openstack-events-dead-letters-${node.id}.jsonl`),
        ),
        send: (message) => {
          received += 1
          node.send(message)
        },
        report,
        now: Date.now,
      },
    )
    source.start()
  }
  const onTrouble = (thrown: unknown, first: boolean) => {
    status.attention(journalTrouble(thrown))
    if (first) node.error(describeError(thrown))
  }
  const starting = patientJournal(RED, stop.signal, onTrouble).then((journal) => {
    if (journal !== undefined && !stop.signal.aborted) begin(journal)
  })

  return {
    close: async () => {
      stop.abort()
      await starting
      await source?.stop()
      await deliveries?.drain(DRAIN_MS)
      deliveries?.close()
      await source?.close()
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, undefined, { signal }).catch(() => {})
}

function pathOf(file: unknown): string {
  const path = textOr(file, '').trim()
  if (isAbsolute(path)) return path
  const shown = path === '' ? 'No file is named.' : `The path ${quote(path)} is not absolute.`
  throw new OperatorError('LOG_FILE_PATH', shown, { remedy: 'Give the absolute path of the log file.' })
}

/** Shows what the source does, and logs what a person should know, once for each kind. */
function reporter(
  { node, status }: SourceSetting,
  window: number,
  now: () => { readonly paused: boolean; readonly lateSends: number; readonly received: number },
): (state: LogFileState) => void {
  const logged = new Set<string>()
  let deadLetters = 0
  const once = (key: string, text: string) => {
    if (logged.has(key)) return
    logged.add(key)
    node.warn(text)
  }
  return (state) => {
    switch (state.kind) {
      case 'missing':
        status.connecting('waiting for the file')
        break
      case 'reading': {
        const { paused, lateSends, received } = now()
        if (paused) break
        const dead = deadLetters > 0 ? `, ${deadLetters} dead-lettered` : ''
        const late = lateSends > 0 ? `, ${lateSends} sent late` : ''
        if (state.open > 0) status.busy(`${state.open}/${window} in flight${dead}${late}`)
        else status.ready(`following${received > 0 ? `, ${received} received` : ''}${dead}${late}`)
        break
      }
      case 'dead-letter':
        deadLetters++
        once(
          state.reason.code,
          `A line went to the dead letters: ${state.reason.code}, ${quote(state.reason.message, 400)}`,
        )
        break
      case 'trouble':
        status.healing(state.error.message)
        once(`${state.error.code} ${state.error.message}`, state.error.message)
    }
  }
}
