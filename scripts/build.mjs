// Compiles to dist/ and puts beside the compiled nodes what Node-RED looks for there: html, locales, icons; and the audit page's files.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
if (!existsSync(tsc)) {
  console.error('TypeScript is not installed: run "npm ci" first.')
  process.exit(1)
}
rmSync(join(root, 'dist'), { recursive: true, force: true })
const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit', cwd: root })
for (const node of readdirSync(join(root, 'nodes'))) {
  const from = join(root, 'nodes', node)
  const to = join(root, 'dist', 'nodes', node)
  for (const part of [`${node}.html`, 'locales']) {
    if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true })
  }
}
// One icons folder beside any node file serves the whole module.
cpSync(join(root, 'icons'), join(root, 'dist', 'nodes', 'keystone-config', 'icons'), { recursive: true })
// What the audit page is made of goes to browsers as it is.
const page = join('src', 'hermes', 'page', 'static')
cpSync(join(root, page), join(root, 'dist', page), { recursive: true })
if (compiled.status === 0) writeFileSync(join(root, 'dist', '.built'), '')
process.exit(compiled.status ?? 1)
