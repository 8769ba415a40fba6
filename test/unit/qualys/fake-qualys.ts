import type { HttpClient, HttpRequest, HttpResponse } from '../../../src/http/client'
import { HttpError } from '../../../src/http/http-error'
import type { Clock } from '../../../src/http/retry'
import { QualysClient } from '../../../src/qualys/client'
import { endpointOf } from '../../../src/qualys/endpoint'

/** What Qualys does with one request: answer, or end it without an answer. */
export type Reply = HttpResponse | HttpError
type Script = (request: ReceivedCall) => Reply | undefined | Promise<Reply | undefined>

export interface ReceivedCall {
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly request: HttpRequest
}

export interface KnownScan {
  readonly reference: string
  readonly title: string
  readonly targets: string
  readonly scanner: string
  readonly profile: string
  readonly launchedAt: string
}

/** A Qualys in memory: launches and lists, and does what the script says instead where it says something. */
export interface FakeQualys {
  readonly http: HttpClient
  readonly calls: ReceivedCall[]
  readonly scans: KnownScan[]
  /** Asked first for each request, in order; the first that answers is used up. */
  readonly script: Script[]
  /** Addresses that the account may scan; undefined: all. */
  approved?: (address: string) => boolean
  launched(path: string): ReceivedCall[]
  launch(call: ReceivedCall): KnownScan
}

export function fakeQualys(clock: Clock): FakeQualys {
  const fake: FakeQualys = {
    calls: [],
    scans: [],
    script: [],
    launched: (action) => fake.calls.filter(({ params }) => params['action'] === action),
    launch({ params }) {
      const scan = {
        reference: `scan/17951688${String(fake.scans.length).padStart(2, '0')}.34567`,
        title: params['scan_title'] ?? '',
        targets: params['ip'] ?? '',
        scanner: params['iscanner_name'] ?? '',
        profile: params['option_title'] ?? params['option_id'] ?? '',
        launchedAt: new Date(clock.now()).toISOString(),
      }
      fake.scans.push(scan)
      return scan
    },
    http: {
      async request(request) {
        const params = Object.fromEntries(new URLSearchParams(request.body ?? ''))
        const call = { path: new URL(request.url).pathname, params, request }
        fake.calls.push(call)
        for (const [index, step] of fake.script.entries()) {
          const reply = await step(call)
          if (reply === undefined) continue
          fake.script.splice(index, 1)
          if (reply instanceof Error) throw reply
          return reply
        }
        return defaultReply(fake, call)
      },
      async close() {},
    },
  }
  return fake
}

function defaultReply(fake: FakeQualys, call: ReceivedCall): HttpResponse {
  if (call.params['action'] === 'launch') {
    const refused = (call.params['ip'] ?? '')
      .split(',')
      .some((target) => target.split('-').some((address) => fake.approved?.(address) === false))
    if (refused) return error(400, '1905', 'parameter ip has invalid value: some of these are not in your account')
    return launched(fake.launch(call).reference)
  }
  return scanList(fake.scans)
}

export const xml = (body: string, status = 200, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8', ...headers },
  text: `<?xml version="1.0" encoding="UTF-8" ?>\n${body}`,
})

export function launched(reference: string, headers: Record<string, string> = {}): HttpResponse {
  return xml(
    `<!DOCTYPE SIMPLE_RETURN SYSTEM "https://qualysapi.qualys.com/api/2.0/simple_return.dtd">
<SIMPLE_RETURN><RESPONSE><DATETIME>2026-11-20T10:00:05Z</DATETIME><TEXT>New vm scan launched</TEXT><ITEM_LIST>
<ITEM><KEY>ID</KEY><VALUE>41234567</VALUE></ITEM><ITEM><KEY>REFERENCE</KEY><VALUE>${reference}</VALUE></ITEM>
</ITEM_LIST></RESPONSE></SIMPLE_RETURN>`,
    200,
    headers,
  )
}

export function error(
  status: number,
  code: string,
  text: string,
  { items = {}, headers = {} }: { items?: Record<string, string>; headers?: Record<string, string> } = {},
): HttpResponse {
  const list = Object.entries(items).map(([key, value]) => `<ITEM><KEY>${key}</KEY><VALUE>${value}</VALUE></ITEM>`)
  return xml(
    `<SIMPLE_RETURN><RESPONSE><DATETIME>2026-11-20T10:00:05Z</DATETIME><CODE>${code}</CODE><TEXT> ${text} </TEXT>${
      list.length > 0 ? `<ITEM_LIST>${list.join('')}</ITEM_LIST>` : ''
    }</RESPONSE></SIMPLE_RETURN>`,
    status,
    headers,
  )
}

export function scanList(scans: readonly KnownScan[]): HttpResponse {
  const list = scans.map(
    ({ reference, title, launchedAt }) =>
      `<SCAN><REF>${reference}</REF><TYPE>API</TYPE><TITLE><![CDATA[${title}]]></TITLE>` +
      `<LAUNCH_DATETIME>${launchedAt}</LAUNCH_DATETIME><STATUS><STATE>Queued</STATE></STATUS></SCAN>`,
  )
  return xml(
    `<SCAN_LIST_OUTPUT><RESPONSE><DATETIME>2026-11-20T10:20:00Z</DATETIME>${
      list.length > 0 ? `<SCAN_LIST>${list.join('')}</SCAN_LIST>` : ''
    }</RESPONSE></SCAN_LIST_OUTPUT>`,
  )
}

export const cutConnection = () => new HttpError('HTTP_INTERRUPTED', 'the connection broke', { sent: true })
export const noConnection = () => new HttpError('HTTP_CONNECT', 'connection refused', { sent: false, retryable: true })

export function clientOf(fake: FakeQualys, clock: Clock): QualysClient {
  return new QualysClient({
    endpoint: endpointOf('https://qualysapi.qualys.com'),
    username: 'acme_ab1',
    password: 'correct horse',
    http: fake.http,
    clock,
  })
}
