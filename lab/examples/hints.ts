import { isPceOccurrence, PCE_OCCURRENCES } from '../illumio/demo'
import type { FlowNode } from './fill-in'

/** A line for a shell, and what it does. */
export interface Hint {
  readonly does: string
  readonly command: string
}

export interface HintOptions {
  /** Of the pocket cloud's control service. */
  readonly control: string
  /** Of the editor. */
  readonly editor: string
}

/** How a person makes something happen for an example that runs at the pocket cloud. */
export function hintsFor(flow: readonly FlowNode[], options: HintOptions): readonly Hint[] {
  return flow.flatMap((node) => hintsOf(node, options))
}

function hintsOf(node: FlowNode, { control, editor }: HintOptions): Hint[] {
  switch (node.type) {
    case 'inject':
      return [
        {
          does: `press the button "${String(node['name'])}"`,
          command: `curl -X POST ${editor}inject/${node.id}`,
        },
      ]
    case 'illumio-events-in':
      return [
        ...Object.keys(PCE_OCCURRENCES)
          .filter(isPceOccurrence)
          .filter((name) => chooses(String(node['include']), PCE_OCCURRENCES[name].type))
          .map((name) => ({
            does: PCE_OCCURRENCES[name].says,
            command: `curl -X POST ${control}/_lab/illumio/happen -d '{"what": "${name}"}'`,
          })),
        ...(chooses(String(node['include']), 'illumio.health')
          ? [
              {
                does: 'the PCE is not well (within a minute; "normal" ends it)',
                command: `curl -X POST ${control}/_lab/illumio/health -d '{"status": "critical"}'`,
              },
            ]
          : []),
      ]
    case 'openstack-notification-in':
      return [
        ...(says(node, 'keystone')
          ? [
              {
                does: 'somebody tries a password that is wrong',
                command: `curl -X POST ${control}/demo/failed-login`,
              },
            ]
          : []),
        ...(says(node, 'neutron')
          ? [
              {
                does: 'a port is opened to the Internet',
                command: `curl -X POST ${control}/demo/open-port`,
              },
            ]
          : []),
      ]
    default:
      return []
  }
}

function says(node: FlowNode, exchange: string): boolean {
  return String(node['exchanges'] ?? '')
    .split(/\s+/)
    .includes(exchange)
}

/** Patterns as a source's dialog has them: none chooses everything. */
function chooses(patterns: string, type: string): boolean {
  const wanted = patterns.split(/[\s,]+/).filter((pattern) => pattern !== '')
  const fits = (pattern: string) => {
    const [head = '', ...rest] = pattern.split('*')
    return rest.length === 0 ? pattern === type : type.startsWith(head)
  }
  return wanted.length === 0 || wanted.some(fits)
}
