import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHANNEL_TYPES } from '../support/all-channels'
import { definitionOf, packageFile, root, scriptOf } from '../support/palette'

/** What the shared part of the dialogs edits, and every channel therefore has to store. */
const SHARED = [
  ...['version', 'name', 'template', 'link', 'throttle', 'throttleKey', 'group', 'groupWindow', 'groupWindowUnit'],
  ...['groupKey', 'quiet', 'quietDays', 'timeZone', 'urgent', 'proxy'],
]
const TICKETS = ['ticketKey', 'closedBy']
/** Asked about only where a repetition could be seen; the others repeat what got no answer without asking. */
const REPEATS = 'repeatUnknown'
const MODEL = 'audit-notify-slack'

const defaultsOf = (type: string) => definitionOf(type).defaults
const plain = (type: string, name: string) => {
  const { value, type: kind, validate } = defaultsOf(type)[name] ?? {}
  return JSON.stringify({ value, kind, validates: validate?.toString() })
}

describe('The notifying nodes', () => {
  for (const type of CHANNEL_TYPES) {
    describe(type, () => {
      it('stores what all channels share, with the same defaults and checks', () => {
        for (const name of SHARED) {
          assert.ok(defaultsOf(type)[name] !== undefined, `${name} is not stored`)
          assert.equal(plain(type, name), plain(MODEL, name), name)
        }
        if (defaultsOf(type)[REPEATS] !== undefined) assert.equal(plain(type, REPEATS), plain(MODEL, REPEATS))
      })

      it('stores a template for each field that its dialog offers, and no other', () => {
        const offered = [...scriptOf(type).matchAll(/\{ name: '(\w+)', label: this\._\(/g)].map(([, name]) => name)
        const stored = Object.keys(defaultsOf(type)).filter((name) => name.startsWith('template_'))
        assert.deepEqual(stored.sort(), offered.map((name) => `template_${name}`).sort())
      })

      it('stores what concerns tickets exactly where it opens them', () => {
        const opens = /tickets: true/.test(scriptOf(type))
        for (const name of TICKETS) assert.equal(defaultsOf(type)[name] !== undefined, opens, name)
        const idempotent = /idempotent: true/.test(scriptOf(type))
        assert.equal(defaultsOf(type)[REPEATS] === undefined, idempotent)
      })

      it('has a section in docs/notify.md that says what a test proves and what was sent', () => {
        const documented = readFileSync(join(root, 'docs/notify.md'), 'utf8')
        assert.ok(documented.includes(`\`${type}\``), `${type} is not in docs/notify.md`)
      })
    })
  }
})

describe('The README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')

  for (const type of Object.keys(packageFile['node-red'].nodes)) {
    it(`names ${type} in its table of the palette, with a page that is there`, () => {
      const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${type}\``))
      assert.ok(row !== undefined)
      for (const [, page] of row.matchAll(/\]\((docs\/[^)#]+)/g)) readFileSync(join(root, page ?? ''))
      assert.match(row, /\]\(docs\//)
    })
  }
})
