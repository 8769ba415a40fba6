import assert from 'node:assert/strict'
import type { HttpResponse } from '../../../src/http/client'
import { HttpError } from '../../../src/http/http-error'
import { type Answer, judgeFailure, judgeReply } from '../../../src/qualys/answer'
import { error, launched, xml } from './fake-qualys'

const judge = (response: HttpResponse): Answer =>
  judgeReply(response, { api: 'launch', now: Date.parse('2026-11-20T10:00:00Z'), secrets: ['correct horse'] })

/** In words: `refused 1905`, `refused 1905 addresses`, `wait rate 181s`, `stop account`, … */
function inWords(answer: Answer): string {
  switch (answer.kind) {
    case 'ok':
      return 'ok'
    case 'wait':
      return `wait ${answer.why}${answer.waitMs === undefined ? '' : ` ${answer.waitMs / 1000}s`}`
    case 'refused':
      return `refused ${answer.code}${answer.addresses ? ' addresses' : ''}`
    case 'stop':
      return answer.account ? 'stop account' : `stop ${answer.error.code}`
    case 'unclear':
      return `unclear ${answer.code}`
    case 'not-sent':
      return 'not sent'
  }
}

describe('an error of Qualys', () => {
  const table: [status: number, code: string, text: string, verdict: string][] = [
    [500, '999', 'Internal error. Please contact support.', 'unclear 999'],
    [500, '999', 'Internal Error', 'unclear 999'],
    [200, '999', 'One or more IPs are not approved for this account', 'refused 999 addresses'],
    [
      500,
      '999',
      'The following IP addresses have not been added to your subscription: 1.2.3.4',
      'refused 999 addresses',
    ],
    [400, '1901', 'unrecognized parameter: colour', 'refused 1901'],
    [400, '1903', 'missing required parameter: option_title', 'refused 1903'],
    [400, '1904', 'parameters are mutually exclusive', 'refused 1904'],
    [400, '1905', 'parameter option_title has invalid value: fast', 'refused 1905'],
    [400, '1905', 'parameter iscanner_name has invalid value: a', 'refused 1905'],
    [400, '1905', 'parameter ip_network_id has invalid value: 3', 'refused 1905'],
    [400, '1905', 'parameter ip has invalid value: 198.51.100.9 (not yours)', 'refused 1905 addresses'],
    [400, '1907', 'this combination is not supported', 'refused 1907'],
    [400, '1908', 'request method (GET) is incompatible', 'refused 1908'],
    [409, '1920', 'the requested operation is blocked by other objects', 'wait concurrency'],
    [400, '1922', 'Please specify at least one of the following: ip, asset_groups', 'refused 1922 addresses'],
    [409, '1960', 'This API cannot be run again until 1 currently running instance has finished.', 'wait concurrency'],
    [409, '1965', 'This API cannot be run again for 3 minutes.', 'wait rate'],
    [400, '1965', 'Odd status, same code', 'wait rate'],
    [202, '1981', 'still being processed', 'wait unfinished'],
    [503, '1999', 'We are performing scheduled maintenance', 'wait maintenance'],
    [401, '2000', 'Bad Login/Password', 'stop account'],
    [200, '2000', 'Bad Login/Password', 'stop account'],
    [403, '2002', 'User account is inactive.', 'stop account'],
    [403, '2003', 'Registration must be completed', 'stop account'],
    [403, '2011', 'SecurID authentication is required', 'stop account'],
    [403, '2012', 'User license is not authorized to run this API.', 'stop QUALYS_REFUSED'],
    [403, '2014', 'too many concurrent logins', 'wait concurrency'],
    [400, '1977', 'a code of the 19xx family that nobody has seen', 'refused 1977'],
    [403, '2077', 'a code of the 20xx family that nobody has seen', 'stop QUALYS_REFUSED'],
    [200, '4711', 'a code that nobody knows, with status 200', 'unclear 4711'],
    [400, '4711', 'a code that nobody knows, with status 400', 'refused 4711'],
  ]
  for (const [status, code, text, verdict] of table) {
    it(`${code} with status ${status} ("${text.slice(0, 40)}…") is: ${verdict}`, () => {
      assert.equal(inWords(judge(error(status, code, text))), verdict)
    })
  }
})

describe('a limit', () => {
  it('says how long in the body, when a proxy strips headers', () => {
    const reply = error(409, '1965', 'may not run for 3 minutes', { items: { SECONDS_TO_WAIT: '181' } })
    assert.equal(inWords(judge(reply)), 'wait rate 181s')
  })

  it('says how long in a header; the longer of both holds', () => {
    const headers = { 'x-ratelimit-towait-sec': '200', 'x-ratelimit-remaining': '0' }
    assert.equal(inWords(judge(error(409, '1965', 'x', { headers }))), 'wait rate 200s')
    assert.equal(
      inWords(judge(error(409, '1965', 'x', { headers, items: { SECONDS_TO_WAIT: '300' } }))),
      'wait rate 300s',
    )
  })

  it('means the same with 429 as with 409, with or without XML', () => {
    const headers = { 'x-ratelimit-towait-sec': '20' }
    for (const status of [409, 429]) {
      assert.equal(inWords(judge({ status, headers, text: '' })), 'wait rate 20s')
      assert.equal(inWords(judge({ status, headers: {}, text: '<html></html>' })), 'wait concurrency')
      assert.equal(inWords(judge({ status, headers: { 'retry-after': '7' }, text: '' })), 'wait rate 7s')
    }
  })

  it('of concurrency says in CALLS_TO_FINISH how many calls, not how long', () => {
    assert.equal(inWords(judge(error(409, '1960', 'x', { items: { CALLS_TO_FINISH: '2' } }))), 'wait concurrency')
  })
})

describe('an answer without a code', () => {
  const html = '<html><body>Login</body></html>'
  const table: [what: string, response: HttpResponse, verdict: string][] = [
    ['a launch', launched('scan/1.2'), 'ok'],
    ['a list', xml('<SCAN_LIST_OUTPUT><RESPONSE/></SCAN_LIST_OUTPUT>'), 'ok'],
    ['an HTML page with status 200', { status: 200, headers: {}, text: html }, 'unclear QUALYS_NOT_XML'],
    ['XHTML with status 200', xml('<html><body/></html>'), 'unclear HTTP_200'],
    ['XML that is cut off', { status: 200, headers: {}, text: '<SIMPLE_RETURN><RESP' }, 'unclear QUALYS_BAD_XML'],
    [
      'an entity bomb',
      { status: 200, headers: {}, text: '<!DOCTYPE a [<!ENTITY b "c">]><a/>' },
      'unclear QUALYS_DOCTYPE',
    ],
    ['503 from a proxy', { status: 503, headers: {}, text: html }, 'unclear QUALYS_NOT_XML'],
    ['502', { status: 502, headers: {}, text: '' }, 'unclear QUALYS_NOT_XML'],
    ['504', { status: 504, headers: {}, text: 'gateway timeout' }, 'unclear QUALYS_NOT_XML'],
    ['a redirect', { status: 302, headers: { location: 'https://x/' }, text: '' }, 'unclear QUALYS_NOT_XML'],
    ['401 as a page', { status: 401, headers: {}, text: html }, 'stop account'],
    ['403 as a page', { status: 403, headers: {}, text: html }, 'stop QUALYS_REFUSED'],
    ['407', { status: 407, headers: {}, text: '' }, 'stop QUALYS_REFUSED'],
    ['404', { status: 404, headers: {}, text: html }, 'stop QUALYS_PATH'],
    ['410', { status: 410, headers: {}, text: '' }, 'stop QUALYS_PATH'],
    ['413', { status: 413, headers: {}, text: html }, 'refused QUALYS_NOT_XML'],
    ['500 with XML of no code', xml('<SIMPLE_RETURN><RESPONSE/></SIMPLE_RETURN>', 500), 'unclear HTTP_500'],
  ]
  for (const [what, response, verdict] of table) {
    it(`that is ${what} is: ${verdict}`, () => assert.equal(inWords(judge(response)), verdict))
  }

  it('names the path setting to change when there is nothing at the path', () => {
    const answer = judge({ status: 404, headers: {}, text: '' })
    assert.ok(answer.kind === 'stop' && answer.error.message.includes('change the path "launch"'))
  })
})

describe('an exchange without an answer', () => {
  it('is unclear once it was sent, and not sent before', () => {
    assert.equal(
      inWords(judgeFailure(new HttpError('HTTP_INTERRUPTED', 'x', { sent: true }))),
      'unclear HTTP_INTERRUPTED',
    )
    assert.equal(inWords(judgeFailure(new HttpError('HTTP_TIMEOUT', 'x', { sent: true }))), 'unclear HTTP_TIMEOUT')
    assert.equal(
      inWords(judgeFailure(new HttpError('HTTP_BODY_TOO_LARGE', 'x', { sent: true }))),
      'unclear HTTP_BODY_TOO_LARGE',
    )
    assert.equal(inWords(judgeFailure(new HttpError('HTTP_CONNECT', 'x', { sent: false }))), 'not sent')
    assert.equal(inWords(judgeFailure(new HttpError('HTTP_TLS', 'x', { sent: false }))), 'not sent')
  })
})

describe('what Qualys says', () => {
  it('is shown on one line, without blanks around it, control characters or the password', () => {
    const answer = judge(error(400, '1901', ' bad\n\n\u0007value correct horse '))
    assert.ok(answer.kind === 'refused')
    assert.equal(answer.message, 'bad \\u0007value <redacted>')
  })
})
