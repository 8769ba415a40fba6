import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import vm from 'node:vm'

export const root = join(__dirname, '../..')

export interface PackageFile {
  readonly name: string
  readonly keywords: readonly string[]
  readonly license: string
  readonly files: readonly string[]
  readonly engines: { readonly node: string }
  readonly dependencies: Readonly<Record<string, string>>
  readonly 'node-red': { readonly version: string; readonly nodes: Readonly<Record<string, string>> }
}

export const packageFile = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFile

/** The types that package.json promises. */
export const types = Object.keys(packageFile['node-red'].nodes)

/** What the second argument of the editor's `registerType` holds. */
export interface EditorDefinition {
  readonly category: string
  readonly categoryDescription?: string
  readonly color?: string
  readonly icon?: string
  readonly inputs?: number
  readonly outputs?: number
  readonly paletteLabel?: unknown
  readonly label?: unknown
  readonly align?: string
  readonly outputLabels?: unknown
  readonly defaults: Readonly<
    Record<string, { readonly value?: unknown; readonly validate?: unknown; readonly type?: string }>
  >
  readonly credentials?: Readonly<Record<string, { readonly type: string }>>
}

export function htmlOf(type: string): string {
  return readFileSync(join(root, 'nodes', type, `${type}.html`), 'utf8')
}

/** The text of the html's scripts that the editor runs. */
export function scriptOf(type: string): string {
  return [...htmlOf(type).matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)]
    .map(([, script]) => script ?? '')
    .join('\n')
}

/** Runs the html's scripts as the editor would and returns what they register. */
export function registeredInEditor(type: string): Map<string, EditorDefinition> {
  const registered = new Map<string, EditorDefinition>()
  const RED = anything({
    nodes: anything({
      registerType: (name: string, definition: EditorDefinition) => registered.set(name, definition),
    }),
  })
  const $ = anything({})
  vm.runInNewContext(scriptOf(type), { RED, $, jQuery: $, window: anything({}), document: anything({}), console })
  return registered
}

/** The one definition of a type's own html. */
export function definitionOf(type: string): EditorDefinition {
  const definition = registeredInEditor(type).get(type)
  if (definition === undefined) throw new Error(`${type}.html registers no ${type}`)
  return definition
}

/** What a compiled node would register with the runtime. */
export function registeredInRuntime(type: string): Map<string, { credentials?: Record<string, { type: string }> }> {
  const registered = new Map<string, { credentials?: Record<string, { type: string }> }>()
  const RED = anything({
    nodes: anything({
      registerType: (name: string, _constructor: unknown, options: object = {}) => registered.set(name, options),
    }),
  })
  const file = require(join(root, 'nodes', type, `${type}.ts`)) as { default: (runtime: unknown) => void }
  file.default(RED)
  return registered
}

/** Dotted keys of a type's English locale with their texts. */
export function localeOf(type: string): Map<string, string> {
  const keys = new Map<string, string>()
  const walk = (at: unknown, path: string) => {
    if (typeof at === 'string') keys.set(path, at)
    else for (const [name, inner] of Object.entries(at as object)) walk(inner, path === '' ? name : `${path}.${name}`)
  }
  walk(JSON.parse(readFileSync(join(root, 'nodes', type, 'locales/en-US', `${type}.json`), 'utf8')), '')
  return keys
}

/** Every file below a folder, as paths from the root of the repository. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort()
}

/** An object on which every further property exists and can be called. */
function anything(known: object): object {
  return new Proxy(() => undefined, {
    get: (_target, name) => {
      if (name in known) return (known as Record<PropertyKey, unknown>)[name]
      // Neither a promise nor something to iterate over.
      return typeof name === 'symbol' || name === 'then' ? undefined : anything({})
    },
    apply: () => anything({}),
  })
}
