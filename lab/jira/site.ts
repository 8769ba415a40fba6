import type { LabClock } from '../clock'

export interface JiraIssue {
  readonly id: string
  readonly key: string
  /** As it was sent. */
  readonly fields: Readonly<Record<string, unknown>>
  status: JiraStatus
  resolution: string | undefined
  readonly comments: { readonly id: string; readonly body: unknown; readonly created: Date }[]
  readonly created: Date
}

export interface JiraStatus {
  readonly name: string
  readonly category: 'new' | 'indeterminate' | 'done'
}

export interface JiraTransition {
  readonly id: string
  readonly name: string
  readonly to: JiraStatus
}

const toDo: JiraStatus = { name: 'To Do', category: 'new' }

/** A Jira site with one project, as a person set it up: what tests change is public. */
export class JiraSite {
  readonly user = 'soc@example.net'
  readonly apiToken = 'ATATT3xFfGF0-pocket-token'
  /** Of Data Center. */
  readonly accessToken = 'NjM2NTM-pocket-pat'
  readonly project = { key: 'SEC', name: 'Security', id: '10001' }
  readonly issueTypes = ['Task', 'Incident']
  readonly priorities = ['Highest', 'High', 'Medium', 'Low', 'Lowest']
  /** Fields of a person's own that may be set, beside Jira's. */
  customFields = ['customfield_10010', 'components']
  /** Fields without which nothing is created. */
  requiredFields: string[] = []
  transitions: JiraTransition[] = [
    { id: '11', name: 'Start', to: { name: 'In Progress', category: 'indeterminate' } },
    { id: '31', name: 'Done', to: { name: 'Done', category: 'done' } },
    { id: '41', name: "Won't do", to: { name: 'Rejected', category: 'done' } },
  ]
  /** How long the search does not see what was made, ms. */
  indexLagMs = 0
  readonly issues: JiraIssue[] = []
  readonly #clock: LabClock

  constructor(clock: LabClock) {
    this.#clock = clock
  }

  create(fields: Readonly<Record<string, unknown>>): JiraIssue {
    const number = this.issues.length + 1
    const issue: JiraIssue = {
      id: String(20_000 + number),
      key: `${this.project.key}-${number}`,
      fields,
      status: toDo,
      resolution: undefined,
      comments: [],
      created: this.#clock.now(),
    }
    this.issues.push(issue)
    return issue
  }

  comment(issue: JiraIssue, body: unknown): { id: string } {
    const id = String(30_000 + this.issues.reduce((sum, { comments }) => sum + comments.length, 1))
    issue.comments.push({ id, body, created: this.#clock.now() })
    return { id }
  }

  /** What the index knows by now. */
  indexed(): JiraIssue[] {
    const now = this.#clock.now().getTime()
    return this.issues.filter(({ created }) => now - created.getTime() >= this.indexLagMs)
  }

  find(idOrKey: string): JiraIssue | undefined {
    return this.issues.find(({ id, key }) => id === idOrKey || key === idOrKey)
  }
}
