import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node, NodeInitializer } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { labClock } from '../../lab/clock'
import { gitHubVendor } from '../../lab/github/service'
import { jiraVendor } from '../../lab/jira/service'
import { DEMO_ROUTING_KEY, pagerDutyVendor } from '../../lab/pagerduty/service'
import { serviceNowVendor } from '../../lab/servicenow/service'
import gitHubNode from '../../nodes/audit-notify-github/audit-notify-github'
import jiraNode from '../../nodes/audit-notify-jira/audit-notify-jira'
import pagerDutyNode from '../../nodes/audit-notify-pagerduty/audit-notify-pagerduty'
import serviceNowNode from '../../nodes/audit-notify-servicenow/audit-notify-servicenow'
import { closeJournals } from '../../nodes/shared/journal'
import { labService, type RunningService } from '../support/lab-service'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>

/** A channel with its service, and what a node needs to reach it. */
interface Case {
  readonly type: string
  readonly register: NodeInitializer
  readonly service: RunningService
  readonly settings: Changes
  readonly secrets: Record<string, string>
  /** What is said of a node without settings. */
  readonly missing: RegExp
  /** How a first ticket is called. */
  readonly id: string
  /** What the second event of a matter does. */
  readonly second: 'commented' | 'opened'
  tickets(): number
}

async function jira(): Promise<Case> {
  const { handler, site } = jiraVendor({ clock: labClock() })
  // Only what the node remembers can find the issue again.
  site.indexLagMs = 3_600_000
  const service = await labService('jira', handler)
  return {
    ...{ type: 'audit-notify-jira', register: jiraNode, service, id: 'SEC-1', second: 'commented' },
    settings: { site: service.url, user: site.user, project: 'SEC' },
    secrets: { token: site.apiToken },
    missing: /"site" is missing; the credential "token" is missing; "user" is missing; "project" is missing/,
    tickets: () => site.issues.length,
  }
}

async function serviceNow(): Promise<Case> {
  const { handler, instance } = serviceNowVendor({ clock: labClock() })
  const service = await labService('servicenow', handler)
  return {
    ...{ type: 'audit-notify-servicenow', register: serviceNowNode, service, id: 'INC0010001', second: 'commented' },
    settings: { instance: service.url, login: 'client', clientId: instance.clientId },
    secrets: { clientSecret: instance.clientSecret },
    missing: /"instance" is missing; "user" is missing; the credential "password" is missing/,
    tickets: () => instance.records.length,
  }
}

async function pagerDuty(): Promise<Case> {
  const { handler, alerts } = pagerDutyVendor()
  const service = await labService('pagerduty', handler)
  return {
    ...{ type: 'audit-notify-pagerduty', register: pagerDutyNode, service, id: 'rule', second: 'opened' },
    settings: { region: 'other', host: service.url },
    secrets: { routingKey: DEMO_ROUTING_KEY },
    missing: /the credential "routingKey" is missing/,
    tickets: () => alerts.length,
  }
}

async function gitHub(): Promise<Case> {
  const { handler, repository } = gitHubVendor({ clock: labClock() })
  const service = await labService('github', handler)
  return {
    ...{ type: 'audit-notify-github', register: gitHubNode, service, id: '#1', second: 'commented' },
    settings: { repository: repository.name, api: service.url },
    secrets: { token: repository.token },
    missing: /"repository" is missing; the credential "token" is missing/,
    tickets: () => repository.issues.length,
  }
}

function sentOf(msg: Changes | undefined): Changes {
  return (msg?.['sent'] ?? {}) as Changes
}

for (const [name, make] of Object.entries({ jira, servicenow: serviceNow, pagerduty: pagerDuty, github: gitHub })) {
  describe(`audit-notify-${name}`, function () {
    this.timeout(60_000)
    let userDir: string
    let made: Case

    before(async () => {
      helper.init(require.resolve('node-red'))
      await helper.startServer()
    })
    after(async () => {
      await helper.stopServer()
    })
    beforeEach(async () => {
      userDir = mkdtempSync(join(tmpdir(), 'tickets-'))
      helper.settings({ userDir } as never)
      made = await make()
    })
    afterEach(async () => {
      await helper.unload()
      await closeJournals()
      await made.service.close()
      rmSync(userDir, { recursive: true, force: true })
    })

    async function load(changes: Changes, secrets: Record<string, string>) {
      const flow = [
        { id: 'n-tab', type: 'tab', label: 'test' },
        { id: 'n-tell', type: made.type, z: 'n-tab', wires: [['n-out']], ...changes },
        { id: 'n-out', type: 'helper', z: 'n-tab' },
        { id: 'n-catch', type: 'catch', z: 'n-tab', scope: ['n-tell'], wires: [['n-caught']] },
        { id: 'n-caught', type: 'helper', z: 'n-tab' },
      ] as TestFlows
      await helper.load(made.register as never, flow, { 'n-tell': secrets })
      return { node: helper.getNode('n-tell') as Node, sent: collect('n-out'), caught: collect('n-caught') }
    }

    function collect(id: string): Changes[] {
      const collected: Changes[] = []
      ;(helper.getNode(id) as Node).on('input', (msg) => {
        collected.push(msg as unknown as Changes)
      })
      return collected
    }

    it('names every setting that is missing, and sends nothing', async () => {
      const { node, caught } = await load({}, {})
      const [status] = statusCalls<Changes>(node).at(-1) ?? []
      assert.deepEqual([status?.['fill'], status?.['shape']], ['red', 'dot'])
      node.receive(occurrence('e1'))
      const [msg] = await waitFor('the error', () => (caught.length > 0 ? caught : undefined))
      assert.match(String((msg?.['error'] as Error | undefined)?.message), made.missing)
      assert.equal(made.service.received.length, 0)
    })

    it('opens, finds its ticket again after a restart, and brings it to its end', async () => {
      const settings = { ...made.settings, ticketKey: 'rule', closedBy: 'security_group_rule.delete.*' }
      const first = await load(settings, made.secrets)
      first.node.receive(occurrence('e1'))
      await waitFor('the first', () => (first.sent.length === 1 ? true : undefined))
      assert.deepEqual([sentOf(first.sent[0])['did'], sentOf(first.sent[0])['id']], ['opened', made.id])
      await helper.unload()
      await closeJournals()

      const { node, sent, caught } = await load(settings, made.secrets)
      node.receive(occurrence('e2'))
      await waitFor('the second', () => (sent.length === 1 ? true : undefined))
      node.receive(occurrence('e1'))
      await waitFor('the repetition', () => (sent.length === 2 ? true : undefined))
      node.receive(occurrence('e3', { topic: 'security_group_rule.delete.end' }))
      await waitFor('the end', () => (sent.length === 3 ? true : undefined))
      assert.deepEqual(
        sent.map((msg) => sentOf(msg)['did']),
        [made.second, 'repeated', 'resolved'],
      )
      assert.deepEqual([made.tickets(), caught], [1, []])
      const { status } = node as unknown as { status: { args: unknown[] } }
      for (const secret of Object.values(made.secrets)) assert.ok(!JSON.stringify(status.args).includes(secret))
    })
  })
}
