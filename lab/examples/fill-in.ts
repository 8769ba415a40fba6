import { basename, join } from 'node:path'
import { labClock } from '../clock'
import { demoApplicationCredential } from '../demo/people'
import { GitHubRepository } from '../github/service'
import { DEMO_PCE_KEY } from '../illumio/service'
import { JiraSite } from '../jira/site'
import { DEMO_MATTERMOST } from '../mattermost/service'
import { DEMO_ROUTING_KEY } from '../pagerduty/service'
import type { PocketCloud } from '../pocket-cloud'
import { ServiceNowInstance } from '../servicenow/instance'
import { DEMO_SLACK } from '../slack/service'
import { demoSns } from '../sns/service'
import { DEMO_TEAMS } from '../teams/service'
import { DEMO_TELEGRAM } from '../telegram/service'
import type { VendorName } from '../vendors'
import { demoHookSecret } from '../webhook/service'

/** A node in an exported flow. */
export interface FlowNode {
  readonly id: string
  readonly type: string
  readonly [property: string]: unknown
}

export interface FilledExample {
  readonly flows: readonly FlowNode[]
  /** By node id; what a person would type into the dialogs. */
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** The part of the pocket cloud that an example needs to know. */
export type Surroundings = Pick<PocketCloud, 'urls'> & {
  readonly qualys: { readonly subscription: { readonly username: string; readonly password: string } }
  readonly syslog: { readonly ports: { readonly tcp: number } }
  readonly vendors?: { readonly [name in VendorName]?: { readonly url: string } }
  readonly smtp?: { readonly port: number } | undefined
}

export interface FillInOptions {
  readonly cloud: Surroundings
  /** Notifications come from this file; without it from the broker. */
  readonly logFile?: string | undefined
  readonly rabbitmq?: string | undefined
  /** A shorter collecting window, in seconds, for people and tests who wait for it. */
  readonly windowSeconds?: number
  /** Where web hooks are posted to. */
  readonly webHook?: string
  /** Where file nodes write to. */
  readonly outputFile?: string
  /** Where file nodes write to, each under its own name: for an example with several. */
  readonly outputFolder?: string
  /** The audit store's file. */
  readonly auditFile?: string
  /** A Git repository for the example that keeps the policy in one. */
  readonly repository?: string
  /** What the examples leave for a person to allow is allowed: their commands are executed. */
  readonly ticked?: boolean
}

interface Filling {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly credentials?: Readonly<Record<string, string>>
}

/**
 * Does with an example what its comments ask a person to do: fills in addresses and credentials, here those of a pocket
 * cloud. Nothing else is changed, so what runs is what a user imports.
 */
export function fillInExample(example: readonly FlowNode[], options: FillInOptions): FilledExample {
  const credentials: Record<string, Readonly<Record<string, string>>> = {}
  // Without a broker its settings would only complain that they are empty.
  const wanted = example.filter((node) => node.type !== 'openstack-bus-config' || options.logFile === undefined)
  const flows = wanted.map((node) => {
    const filling = fillings[node.type]?.(options, node)
    if (filling?.credentials !== undefined) credentials[node.id] = filling.credentials
    return { ...node, ...filling?.settings }
  })
  return { flows, credentials }
}

function urlOf({ cloud }: FillInOptions, name: VendorName): string {
  return cloud.vendors?.[name]?.url ?? ''
}

const fillings: Readonly<Record<string, (options: FillInOptions, node: FlowNode) => Filling>> = {
  'openstack-notification-in': ({ logFile }) =>
    logFile === undefined ? {} : { settings: { source: 'log-file', file: logFile, start: 'beginning', bus: '' } },
  'openstack-bus-config': ({ rabbitmq }) => (rabbitmq === undefined ? {} : { credentials: { url: rabbitmq } }),
  'cadf-batch': ({ windowSeconds }) =>
    windowSeconds === undefined ? {} : { settings: { window: String(windowSeconds), windowUnit: 'seconds' } },
  'cadf-correlate': ({ windowSeconds }) =>
    windowSeconds === undefined ? {} : { settings: { window: String(windowSeconds), windowUnit: 'seconds' } },
  'keystone-config': ({ cloud }) => ({
    settings: {
      authUrl: cloud.urls.keystone,
      authType: 'application_credential',
      applicationCredential: demoApplicationCredential.id,
      applicationCredentialBy: 'id',
    },
    credentials: { secret: demoApplicationCredential.secret },
  }),
  'qualys-config': ({ cloud }) => ({
    settings: { platform: 'custom', url: cloud.urls.qualys },
    credentials: { username: cloud.qualys.subscription.username, password: cloud.qualys.subscription.password },
  }),
  'http request': ({ webHook }) => (webHook === undefined ? {} : { settings: { url: webHook } }),
  file: ({ outputFile, outputFolder, repository }, { filename }) => {
    if (repository !== undefined && inRepository(filename)) {
      return { settings: { filename: String(filename).replace(EXAMPLE_REPOSITORY, repository), filenameType: 'str' } }
    }
    const file = outputFolder === undefined ? outputFile : join(outputFolder, basename(String(filename)))
    return file === undefined ? {} : { settings: { filename: file, filenameType: 'str' } }
  },
  'audit-store-config': ({ auditFile }) =>
    auditFile === undefined ? {} : { settings: { engine: 'sqlite', file: auditFile } },
  exec: ({ repository, ticked }, { command }) => ({
    settings: {
      ...(repository !== undefined && { command: String(command).replace(EXAMPLE_REPOSITORY, repository) }),
      ...(ticked && { d: false }),
    },
  }),
  'illumio-config': (options) => ({
    settings: { address: urlOf(options, 'illumio'), org: '7' },
    credentials: DEMO_PCE_KEY,
  }),
  // The shortest that the node takes.
  'illumio-events-in': () => ({ settings: { interval: '5' } }),
  'audit-notify-slack': (options) => ({
    settings: { api: `${urlOf(options, 'slack')}/api`, channel: DEMO_SLACK.channel },
    credentials: { botToken: DEMO_SLACK.token },
  }),
  'audit-notify-webhook': (options) => ({
    settings: { url: options.webHook ?? `${urlOf(options, 'webhook')}/`, allowHttp: true },
    credentials: { password: 'pocket-hook-token', signingSecret: demoHookSecret },
  }),
  'audit-notify-email': ({ cloud: { smtp } }) =>
    smtp === undefined
      ? {}
      : { settings: { host: '127.0.0.1', port: String(smtp.port), security: 'none', auth: 'none' } },
  'audit-notify-sns': (options) => ({
    settings: { api: urlOf(options, 'sns'), topic: demoSns.topic },
    credentials: { accessKeyId: demoSns.accessKeyId, secretAccessKey: demoSns.secretAccessKey },
  }),
  'audit-notify-jira': (options) => {
    const { user, apiToken, project } = new JiraSite(labClock())
    return {
      settings: { site: urlOf(options, 'jira'), user, project: project.key },
      credentials: { token: apiToken },
    }
  },
  'audit-notify-servicenow': (options) => {
    const { user, password } = new ServiceNowInstance(labClock())
    return { settings: { instance: urlOf(options, 'servicenow'), user }, credentials: { password } }
  },
  'audit-notify-teams': (options) => ({
    ...(options.windowSeconds !== undefined && {
      settings: { groupWindow: String(options.windowSeconds), groupWindowUnit: 'seconds' },
    }),
    credentials: { webhookUrl: `${urlOf(options, 'teams')}${DEMO_TEAMS.hook}` },
  }),
  'audit-notify-mattermost': (options) => ({
    settings: { allowHttp: true },
    credentials: { webhookUrl: `${urlOf(options, 'mattermost')}${DEMO_MATTERMOST.hook}` },
  }),
  'audit-notify-telegram': (options) => ({
    settings: { api: urlOf(options, 'telegram'), chat: String(DEMO_TELEGRAM.chat) },
    credentials: { botToken: DEMO_TELEGRAM.token },
  }),
  'audit-notify-pagerduty': (options) => ({
    settings: { region: 'other', host: urlOf(options, 'pagerduty') },
    credentials: { routingKey: DEMO_ROUTING_KEY },
  }),
  'audit-notify-github': (options) => {
    const { name, token } = new GitHubRepository()
    return { settings: { api: urlOf(options, 'github'), repository: name }, credentials: { token } }
  },
  'syslog-out': ({ cloud }) => ({ settings: { host: '127.0.0.1', port: String(cloud.syslog.ports.tcp) } }),
}

const EXAMPLE_REPOSITORY = '/srv/illumio-policy'

function inRepository(filename: unknown): boolean {
  return String(filename).startsWith(`${EXAMPLE_REPOSITORY}/`)
}
