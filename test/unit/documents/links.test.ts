import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(__dirname, '..', '..', '..')

function pages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  return [
    'README.md',
    'CHANGELOG.md',
    'lab/README.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ].map((name) => join(root, name))
}

/** The anchors that a forge gives to the headings of a page. */
function anchors(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

describe('the documents', () => {
  for (const page of pages()) {
    it(`${relative(root, page)} links to pages and headings that exist`, () => {
      for (const [, link = ''] of readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(link)) continue
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? page : resolve(dirname(page), path)
        assert.ok(existsSync(target), `${link}: there is no such file`)
        if (anchor !== undefined) assert.ok(anchors(target).includes(anchor), `${link}: there is no such heading`)
      }
    })
  }

  it('are in the package, as help texts and errors name them', () => {
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] }
    assert.ok(files.includes('docs'))
  })
})
