import { file, stdout, syslog, webhook } from './machines'
import { mail, mattermost, slack, sms, teams, telegram } from './people'
import type { Plugin } from './plugin'
import { gitHub, jira, pagerDuty, serviceNow } from './tickets'

/** By the name that watchers use. */
export const PLUGINS: ReadonlyMap<string, Plugin> = new Map([
  ['PCEMail', mail],
  ['PCESlack', slack],
  ['PCESNS', sms],
  ['PCESyslog', syslog],
  ['PCEWebhook', webhook],
  ['PCEJira', jira],
  ['PCETeams', teams],
  ['PCEServiceNow', serviceNow],
  ['PCEStdout', stdout],
  ['PCEPagerDuty', pagerDuty],
  ['PCEFile', file],
  ['PCEMattermost', mattermost],
  ['PCETelegram', telegram],
  ['PCEGithubIssue', gitHub],
])

/** Why a plugin has no node. */
export const WITHOUT_NODE: ReadonlyMap<string, string> = new Map([
  [
    'PCEOpsgenie',
    'There is no node for Opsgenie, whose API ends in 2027: wire the rule to a web hook node with the address of Jira Service Management and a template.',
  ],
  ['PCELine', 'There is no node for LINE: wire the rule to a web hook node with a template.'],
  [
    'PCELambda',
    'There is no node for Lambda: wire the rule to a web hook node with the function’s URL, or to an SNS topic.',
  ],
])
