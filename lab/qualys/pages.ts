import type { FaultPage, FaultPages } from '../http/faults'
import { refusals } from './failure'
import { simpleReturn } from './xml'

const xml = (body: () => string, status = 200): FaultPage => ({ status, contentType: 'text/xml; charset=utf-8', body })

/** Nine levels of ten: ten to the ninth copies of `ha` if anybody expands them. */
function entityBomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inner = level === 0 ? 'ha' : `&e${level - 1};`.repeat(10)
    return `<!ENTITY e${level} "${inner}">`
  })
  return `<?xml version="1.0"?>\n<!DOCTYPE SIMPLE_RETURN [${levels.join('')}]>\n<SIMPLE_RETURN><RESPONSE><TEXT>&e8;</TEXT></RESPONSE></SIMPLE_RETURN>`
}

const launched = (): string =>
  simpleReturn({ at: new Date(0), text: 'New vm scan launched', items: { ID: 1, REFERENCE: 'scan/1.1' } })

/** What may come back in place of an answer; every code of the table is there as `qualys-<code>`. */
export const qualysPages: FaultPages = {
  'qualys-login': {
    status: 200,
    contentType: 'text/html; charset=UTF-8',
    body: () =>
      '<!DOCTYPE html>\n<html><head><title>Qualys - Login</title></head>\n<body><form name="loginform" method="post" ' +
      'action="/fo/login.php"><input name="UserLogin"><input type="password" name="UserPasswd"></form></body></html>\n',
  },
  'qualys-maintenance': {
    status: 503,
    contentType: 'text/html; charset=UTF-8',
    body: () => '<html><head><title>Scheduled maintenance</title></head><body>Please try again later.</body></html>\n',
  },
  'qualys-truncated': xml(() => launched().slice(0, 180)),
  'qualys-empty': xml(() => ''),
  'qualys-other-root': xml(() => '<?xml version="1.0"?>\n<UNEXPECTED><TEXT>hello</TEXT></UNEXPECTED>'),
  // A launch answer without the one thing that makes it a success.
  'qualys-no-reference': xml(() => simpleReturn({ at: new Date(0), text: 'New vm scan launched' })),
  'qualys-huge': xml(() => launched().replace('</TEXT>', `${'x'.repeat(64 * 1024 * 1024)}</TEXT>`)),
  'qualys-entity-bomb': xml(entityBomb),
  'qualys-external-entity': xml(
    () =>
      '<?xml version="1.0"?>\n<!DOCTYPE SIMPLE_RETURN [<!ENTITY secret SYSTEM "file:///etc/passwd">]>\n' +
      '<SIMPLE_RETURN><RESPONSE><TEXT>&secret;</TEXT></RESPONSE></SIMPLE_RETURN>',
  ),
  'qualys-external-dtd': xml(() => launched().replace('https://qualysapi.qualys.com', 'http://127.0.0.1:9')),
  ...Object.fromEntries(
    Object.entries(refusals).map(([code, { status, text }]) => [
      `qualys-${code}`,
      xml(() => simpleReturn({ at: new Date(), code, text }), status),
    ]),
  ),
}
