import { type Editor, openEditor, sharedChromium } from './chromium'
import { type FlowNode, type NodeRed, type NodeRedLine, startNodeRed } from './node-red'

export interface SharedEditor extends Editor {
  readonly nodeRed: NodeRed
}

const EMPTY = { id: 'tab0', type: 'tab', label: 'empty' }

type Credentials = Readonly<Record<string, Readonly<Record<string, string>>>>

const SETTINGS = `
  httpNodeRoot: '/red',
  editorTheme: {
    tours: false, projects: { enabled: false }, palette: { catalogues: [] },
    // Every dialog has a code editor for its description, and this one costs half as much to load as the default.
    codeEditor: { lib: 'ace' },
  },`

const nodeReds = new Map<NodeRedLine, Promise<NodeRed>>()
const editors = new Map<NodeRedLine, Promise<Editor>>()

/** One Node-RED of each line for all test files of one run, with `/red` as its root for HTTP; it may run any flows. */
export function sharedNodeRed(line: NodeRedLine): Promise<NodeRed> {
  const running = nodeReds.get(line) ?? startNodeRed({ line, flows: [EMPTY], settings: SETTINGS })
  nodeReds.set(line, running)
  return running
}

/** Deploys in place of what ran before, and resolves when it runs. */
export async function deployShared(nodeRed: NodeRed, flows: readonly object[], credentials: Credentials = {}) {
  const starts = () => nodeRed.log().match(/Started flows/g)?.length ?? 0
  const before = starts()
  await nodeRed.deploy((flows as FlowNode[]).map((node) => ({ ...node, credentials: credentials[node.id] })))
  await nodeRed.waitForLog(new RegExp(`(Started flows[^]*){${before + 1}}`))
}

/**
 * The editor of the shared Node-RED with these flows and no others, deployed and opened, as if it had just been loaded.
 * Loading it anew takes five seconds of computing, so one page is used again as long as it is as it was at first.
 */
export async function editorWith(
  line: NodeRedLine,
  flows: readonly object[] = [EMPTY],
  credentials: Credentials = {},
): Promise<SharedEditor> {
  const nodeRed = await sharedNodeRed(line)
  let editor = await editors.get(line)
  if (editor !== undefined && !(await isAtRest(editor))) {
    await editor.close()
    editor = undefined
  }
  // A page without a revision takes no notice of others' deploys.
  await editor?.page.evaluate(CLEAR)
  await deployShared(nodeRed, flows, credentials)
  if (editor === undefined) {
    const opening = openEditor(await sharedChromium(), nodeRed.url)
    editors.set(line, opening)
    return { ...(await opening), nodeRed }
  }
  await editor.page.evaluate(LOAD)
  editor.problems.length = 0
  return { ...editor, nodeRed }
}

/** As the editor does when the project changes. */
const CLEAR = `
  RED.nodes.version(null)
  RED.nodes.clear()
  RED.history.clear()
  for (const told of document.querySelectorAll('.red-ui-notification')) told.close()`

/** As the editor does when it loads. */
const LOAD = `(async () => {
  const answer = await fetch('flows', { headers: { accept: 'application/json', 'node-red-api-version': 'v2' } })
  const { rev, flows } = await answer.json()
  RED.nodes.version(rev)
  RED.nodes.import(flows)
  RED.nodes.dirty(false)
  RED.view.redraw(true)
  if (RED.workspaces.active() === 0) RED.workspaces.show(RED.nodes.getWorkspaceOrder()[0])
})()`

/** No dialog was left open, by a test that failed. */
async function isAtRest({ page }: Editor): Promise<boolean> {
  return (await page.locator('.red-ui-tray, .ui-dialog:visible').count()) === 0
}

if (typeof after === 'function') {
  // A root hook: mocha runs it once, after all files.
  after(async () => {
    for (const running of nodeReds.values()) await (await running.catch(() => undefined))?.remove()
    nodeReds.clear()
    editors.clear()
  })
}
