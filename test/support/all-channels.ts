import { createServer, type Server, type Socket } from 'node:net'
import type { NodeInitializer } from 'node-red'
import { gitHubVendor } from '../../lab/github/service'
import type { LabHandler, LabService } from '../../lab/http/exchange'
import type { Faults } from '../../lab/http/faults'
import { jiraVendor } from '../../lab/jira/service'
import { DEMO_MATTERMOST, mattermostVendor } from '../../lab/mattermost/service'
import { DEMO_ROUTING_KEY, pagerDutyVendor } from '../../lab/pagerduty/service'
import { serviceNowVendor } from '../../lab/servicenow/service'
import { DEMO_SLACK, slackVendor } from '../../lab/slack/service'
import { demoSns, snsVendor } from '../../lab/sns/service'
import { DEMO_TEAMS, teamsVendor } from '../../lab/teams/service'
import { DEMO_TELEGRAM, telegramVendor } from '../../lab/telegram/service'
import type { VendorTools } from '../../lab/vendors'
import { webhookVendor } from '../../lab/webhook/service'
import { packageFile, root } from './palette'
import { startVendor } from './vendor'

/** Every notifying node of the palette. */
export const CHANNEL_TYPES = Object.keys(packageFile['node-red'].nodes).filter((type) =>
  type.startsWith('audit-notify-'),
)

export function registerOf(type: string): NodeInitializer {
  return (require(`${root}/nodes/${type}/${type}.ts`) as { default: NodeInitializer }).default
}

/** A node that reaches its service at the lab, and how that service says a text when it refuses. */
export interface ReachableChannel {
  readonly type: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly credentials: Readonly<Record<string, string>>
  /** Every form in which the node sends one of the credentials, and parts of them that open as much. */
  readonly secrets: readonly string[]
  readonly service: LabService | 'smtp'
  /** Undefined for mail, whose server always refuses, and repeats what it was given. */
  readonly faults: Faults | undefined
  /** A refusal, as this service words it. */
  refusal(text: string): string
  close(): Promise<void>
}

type Making = Pick<ReachableChannel, 'settings' | 'credentials'> & { readonly also?: readonly string[] }
type Refusal = (text: string) => string

const error: Refusal = (text) => JSON.stringify({ error: { code: 'Refused', message: text, detail: text } })
const message: Refusal = (text) =>
  JSON.stringify({ id: 'api.refused', message: text, errors: [text], status: 'refused' })

/** All channels of the palette, each with a service of its own. */
export function allChannels(): Promise<ReachableChannel[]> {
  const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64')
  return Promise.all([
    reachable(
      'slack',
      slackVendor,
      (text) => JSON.stringify({ ok: false, error: text }),
      (url) => ({
        settings: { way: 'bot', channel: DEMO_SLACK.channel, api: `${url}/api` },
        credentials: { botToken: DEMO_SLACK.token },
      }),
    ),
    reachable('teams', teamsVendor, error, (url) => ({
      settings: { channel: 'SOC' },
      credentials: { webhookUrl: `${url}${DEMO_TEAMS.hook}` },
      also: [DEMO_TEAMS.signature],
    })),
    reachable('mattermost', mattermostVendor, message, (url) => ({
      settings: { channel: DEMO_MATTERMOST.channel },
      credentials: { webhookUrl: `${url}${DEMO_MATTERMOST.hook}` },
      also: [DEMO_MATTERMOST.hook.split('/').at(-1) ?? ''],
    })),
    reachable(
      'telegram',
      telegramVendor,
      (text) => JSON.stringify({ ok: false, error_code: 400, description: text }),
      (url) => ({
        settings: { chat: String(DEMO_TELEGRAM.chat), api: url },
        credentials: { botToken: DEMO_TELEGRAM.token },
      }),
    ),
    reachable(
      'sns',
      snsVendor,
      (text) =>
        `<ErrorResponse><Error><Type>Sender</Type><Code>Refused</Code><Message>${text}</Message></Error></ErrorResponse>`,
      (url) => ({
        settings: { way: 'topic', topic: demoSns.topic, api: url },
        credentials: { accessKeyId: demoSns.accessKeyId, secretAccessKey: demoSns.secretAccessKey },
      }),
    ),
    reachable(
      'webhook',
      webhookVendor,
      (text) => text,
      (url) => ({
        settings: { urlIsSecret: true, auth: 'basic', user: 'audit' },
        credentials: {
          ...{ secretUrl: `${url}/hook/secret-path-4711?sig=secret-query-4711`, password: 'hook-password-4711' },
          ...{ signingSecret: 'signing-secret-4711', signingSecretBefore: 'earlier-secret-4711' },
        },
        also: ['secret-path-4711', 'secret-query-4711', basic('audit', 'hook-password-4711')],
      }),
    ),
    reachable(
      'jira',
      jiraVendor,
      (text) => JSON.stringify({ errorMessages: [text], errors: { project: text } }),
      (url, { site }) => ({
        settings: { site: url, user: site.user, project: 'SEC' },
        credentials: { token: site.apiToken },
        also: [basic(site.user, site.apiToken)],
      }),
    ),
    reachable('servicenow', serviceNowVendor, error, (url) => ({
      settings: { instance: url, login: 'basic', user: 'audit' },
      credentials: { password: 'servicenow-password-4711' },
      also: [basic('audit', 'servicenow-password-4711')],
    })),
    reachable('pagerduty', pagerDutyVendor, message, (url) => ({
      settings: { region: 'other', host: url },
      credentials: { routingKey: DEMO_ROUTING_KEY },
    })),
    reachable('github', gitHubVendor, message, (url, { repository }) => ({
      settings: { repository: repository.name, api: url },
      credentials: { token: repository.token },
    })),
    mail(),
  ])
}

async function reachable<V extends { readonly handler: LabHandler }>(
  service: LabService,
  make: (tools: VendorTools) => V,
  refusal: Refusal,
  reach: (url: string, vendor: V) => Making,
): Promise<ReachableChannel> {
  const lab = await startVendor(service, make)
  const { settings, credentials, also = [] } = reach(lab.url, lab.vendor)
  return {
    ...{
      type: `audit-notify-${service}`,
      settings,
      credentials,
      secrets: formsOf(credentials, also),
      service,
      refusal,
    },
    ...{ faults: lab.faults, close: () => lab.close() },
  }
}

function formsOf(credentials: Readonly<Record<string, string>>, also: readonly string[]): readonly string[] {
  const values = [...Object.values(credentials), ...also]
  return [...new Set(values.flatMap((value) => [value, encodeURIComponent(value)]))]
}

/** A mail server that takes no log-in, and says what it was given as it came and decoded. */
async function mail(): Promise<ReachableChannel> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.write('220 mail.example.net ESMTP\r\n')
    socket.on('data', (data) => {
      const line = data.toString().trim()
      if (/^EHLO/i.test(line)) socket.write('250-mail.example.net\r\n250 AUTH PLAIN\r\n')
      else if (/^AUTH PLAIN/i.test(line)) {
        const [, , given = ''] = line.split(' ')
        const decoded = Buffer.from(given, 'base64').toString().replaceAll('\0', ' ')
        socket.write(`535 5.7.8 refused: ${given} is ${decoded}\r\n`)
      } else socket.write('221 bye\r\n')
    })
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  const credentials = { password: 'mail-password-4711' }
  const plain = Buffer.from(`\0soc\0${credentials.password}`).toString('base64')
  return {
    type: 'audit-notify-email',
    settings: {
      ...{ host: '127.0.0.1', port: String(port), security: 'none', auth: 'password', user: 'soc' },
      ...{ from: 'audit@example.net', to: 'soc@example.net' },
    },
    ...{ credentials, secrets: formsOf(credentials, [plain]), service: 'smtp', faults: undefined },
    refusal: (text) => text,
    close: () => closed(server, sockets),
  }
}

function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}
