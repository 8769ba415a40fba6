import { readFileSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { type Conversion, conversionOf } from '../../src/cadf/conversion'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import { type NotificationInConfig, textOr } from './source'

/** OpenStack's own maps have some kilobytes. */
const LARGEST_MAP = 1024 * 1024

/**
 * How the dialog says that events are made.
 * @throws OperatorError `AUDIT_MAP_PATH`, `AUDIT_MAP_READ`, and what the map itself has wrong
 */
export function configuredConversion(config: NotificationInConfig): Conversion {
  const path = textOr(config.auditMap, '').trim()
  return conversionOf(path === '' ? undefined : mapText(path), config.dropReads === true)
}

function mapText(path: string): string {
  if (!isAbsolute(path)) {
    throw new OperatorError('AUDIT_MAP_PATH', `The path of the audit map, ${quote(path)}, is not absolute.`, {
      remedy: 'Give the absolute path of the file, or leave the field empty.',
    })
  }
  let size: number
  try {
    size = statSync(path).size
    if (size <= LARGEST_MAP) return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new OperatorError('AUDIT_MAP_READ', `The audit map cannot be read: ${quote(describeError(cause))}.`, {
      remedy: 'Give the path of a file that the user of Node-RED can read, or leave the field empty.',
      cause,
    })
  }
  throw new OperatorError(
    'AUDIT_MAP_READ',
    `The audit map ${quote(path)} has ${size} bytes, more than a map ever has.`,
    {
      remedy: 'Give the file that audit_map_file of the service names.',
    },
  )
}
