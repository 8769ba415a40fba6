import assert from 'node:assert/strict'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { atom, entryId } from '../../../../src/audit/export/atom'
import { csv, csvCell } from '../../../../src/audit/export/csv'
import { jsonLines } from '../../../../src/audit/export/json-lines'
import type { StoredEvent } from '../../../../src/audit/model'

const ID = '1c0c0e3a5f7d4b5b9d8f2a3b4c5d6e7f'

function event(
  sequence: number,
  of: Partial<Omit<StoredEvent, 'body'>> & { body?: object; text?: string } = {},
): StoredEvent {
  const { body, text, ...others } = of
  const members = {
    id: ID,
    action: 'create',
    outcome: 'success',
    initiator: { id: 'u1', name: 'alice', typeURI: 'service/security/account/user', host: { address: '10.1.2.3' } },
    target: { id: 't1', typeURI: 'data/security/user' },
    observer: { id: 'o1', typeURI: 'service/security' },
    ...body,
  }
  return {
    sequence,
    cloud: 'prod',
    id: ID,
    phase: 'final',
    time: Date.parse('2026-11-21T06:51:16.590Z') * 1000 + 561,
    body: text ?? JSON.stringify(members),
    notification: { messageId: 'm1', eventType: 'identity.user.created' },
    tenants: ['p1', 'd1'],
    ...others,
  }
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

/** RFC 4180, read strictly. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let at = 0
  while (at < text.length) {
    const row: string[] = []
    for (;;) {
      let cell = ''
      if (text[at] === '"') {
        for (at++; ; at++) {
          assert.ok(at < text.length, 'an open quote')
          if (text[at] !== '"') cell += text[at]
          else if (text[at + 1] === '"') {
            cell += '"'
            at++
          } else break
        }
        at++
      } else while (at < text.length && !/[",\r\n]/.test(text[at] ?? '')) cell += text[at++]
      row.push(cell)
      if (text[at] !== ',') break
      at++
    }
    assert.equal(text.slice(at, at + 2), '\r\n')
    at += 2
    rows.push(row)
  }
  return rows
}

async function rowsOf(...events: StoredEvent[]): Promise<Record<string, string>[]> {
  const [head = [], ...rows] = parseCsv(await textOf(csv([events])))
  return rows.map((row) => {
    assert.equal(row.length, head.length)
    return Object.fromEntries(head.map((name, index) => [name, row[index] ?? '']))
  })
}

describe('events as JSON Lines', () => {
  it('are one document to a line, as they were stored', async () => {
    const text = await textOf(jsonLines([[event(1)], [event(2, { text: '{"n": 1.0,\r\n"b":"x\\ny"}' })]]))
    const lines = text.split('\n')
    assert.deepEqual(lines, [event(1).body, '{"n": 1.0, "b":"x\\ny"}', ''])
  })

  it('can carry all that is stored of them', async () => {
    const stored = event(7, { added: { 'initiator.project_name': 'ops' } })
    const record = JSON.parse(await textOf(jsonLines([[stored]], { as: 'record' }))) as Record<string, unknown>
    const { body, time, ...others } = stored
    assert.deepEqual(record, {
      ...others,
      time: '2026-11-21T06:51:16.590Z',
      microseconds: time,
      event: JSON.parse(body),
    })
  })

  it('are an empty text when there are none', async () => {
    assert.equal(await textOf(jsonLines([])), '')
  })
})

describe('events as CSV', () => {
  it('have the documented columns', async () => {
    const [row] = await rowsOf(event(7, { added: { 'initiator.project_name': 'ops', 'initiator.name': 'not this' } }))
    assert.deepEqual(row, {
      time: '2026-11-21T06:51:16.590561Z',
      cloud: 'prod',
      id: ID,
      phase: 'final',
      event_type: 'identity.user.created',
      action: 'create',
      outcome: 'success',
      reason_code: '',
      initiator_id: 'u1',
      initiator_name: 'alice',
      initiator_type: 'service/security/account/user',
      initiator_project_id: '',
      initiator_project_name: 'ops',
      initiator_domain_id: '',
      address: '10.1.2.3',
      target_id: 't1',
      target_name: '',
      target_type: 'data/security/user',
      target_project_id: '',
      observer_id: 'o1',
      observer_name: '',
      observer_type: 'service/security',
      request_path: '',
      request_id: '',
      global_request_id: '',
      severity: '',
      message_id: 'm1',
      publisher_id: '',
      tenants: 'p1 d1',
      sequence: '7',
    })
  })

  it('are a head line only when there are none', async () => {
    assert.match(await textOf(csv([])), /^time,cloud,[^\r\n]*\r\n$/)
  })

  it('begin with a byte order mark when it is wanted', async () => {
    assert.ok((await textOf(csv([], { byteOrderMark: true }))).startsWith('\ufefftime,'))
  })

  it('tell what they can of an event whose body is damaged or of another shape', async () => {
    const damaged = [
      'not json',
      '[]',
      'null',
      '"x"',
      '{"initiator":[]}',
      '{"initiator":{"id":{"a":1}},"__proto__":{"action":"x"}}',
      '{}',
    ]
    for (const row of await rowsOf(...damaged.map((text) => event(1, { text })))) {
      assert.deepEqual([row['id'], row['message_id'], row['action'], row['initiator_id']], [ID, 'm1', '', ''])
    }
  })

  it('leave out what tells nothing', async () => {
    const [row] = await rowsOf(event(1, { body: { target: { id: 'unknown' }, reason: { reasonCode: 403 } } }))
    assert.deepEqual([row?.['target_id'], row?.['reason_code']], ['', '403'])
  })

  const cells: [what: string, value: string, cell: string][] = [
    ['a plain word', 'alice', 'alice'],
    ['a comma', 'a,b', '"a,b"'],
    ['quotes', 'say "hi"', '"say ""hi"""'],
    ['a formula', '=1+1', `"'=1+1"`],
    ['a call', '@SUM(A1)', `"'@SUM(A1)"`],
    ['a plus', '+49 30', `"'+49 30"`],
    ['a minus', '-1', `"'-1"`],
    ['a full-width formula', '＝1+1', `"'＝1+1"`],
    ['the other full-width signs', '＋1', `"'＋1"`],
    ['a full-width minus', '－1', `"'－1"`],
    ['a full-width at', '＠x', `"'＠x"`],
    ['a formula after blanks', '  =1', `"'  =1"`],
    ['a formula after a tab', '\t=1', String.raw`\u0009=1`],
    ['a formula after a carriage return', '\r=1', String.raw`\u000d=1`],
    ['a formula after a zero-width space', '\u200b=1', String.raw`\u200b=1`],
    ['a formula where a semicolon divides cells', 'x;=cmd', `"x;'=cmd"`],
    ['a formula after a quote and a comma', '","=1', '""",""=1"'],
    ['a sign inside', 'a=b-c@d', 'a=b-c@d'],
    ['a line break', 'a\r\n=b', String.raw`a\u000d\u000a=b`],
    ['a text that turns around', 'abc\u202egpj.exe', String.raw`abc\u202egpj.exe`],
    ['a name in another script', '日本 🧊', '"日本 🧊"'],
    ['nothing', '', ''],
  ]
  for (const [what, value, cell] of cells) {
    it(`can carry ${what}`, () => assert.equal(csvCell(value), cell))
  }

  it('keep each value in its cell, whatever it holds', async () => {
    const name = 'a,"b"\r\n;=cmd|\' /C calc\'!A0\u0000,'
    const [row] = await rowsOf(event(1, { body: { initiator: { id: name, name: `=${name}` } } }))
    assert.equal(row?.['initiator_id'], String.raw`a,"b"\u000d\u000a;'=cmd|' /C calc'!A0\u0000,`)
    assert.ok(row?.['initiator_name']?.startsWith("'="))
  })
})

describe('events as an Atom feed', () => {
  const options = {
    id: 'tag:example.org,2026:feed',
    title: 'Events of <prod> & "others"',
    updated: Date.parse('2026-11-21T07:00:00Z') * 1000,
    links: {
      self: 'https://audit.example.org/v1/events.atom?a=1&b=2',
      next: 'https://audit.example.org/v1/events.atom?after=x',
    },
  }
  async function feedOf(...events: StoredEvent[]): Promise<Record<string, unknown>> {
    const text = await textOf(atom([events], options))
    assert.equal(XMLValidator.validate(text), true)
    const parser = new XMLParser({
      ignoreAttributes: false,
      parseTagValue: false,
      trimValues: false,
      isArray: (name) => ['entry', 'link', 'category'].includes(name),
    })
    const document = parser.parse(text) as { feed: Record<string, unknown> }
    return document.feed
  }

  it('are a feed with the links that were given', async () => {
    const feed = await feedOf()
    assert.equal(feed['title'], options.title)
    assert.equal(feed['updated'], '2026-11-21T07:00:00.000000Z')
    const links = (feed['link'] as Record<string, string>[]).map((link) => [link['@_rel'], link['@_href']])
    assert.deepEqual(links, [
      ['self', options.links.self],
      ['next', options.links.next],
    ])
    assert.equal(feed['entry'], undefined)
  })

  it('have an entry for each event, with the event in it', async () => {
    const feed = await feedOf(event(1), event(2, { id: 'x/1', cloud: 'tést' }))
    const [first, second] = feed['entry'] as Record<string, unknown>[]
    assert.equal(first?.['id'], 'urn:uuid:1c0c0e3a-5f7d-4b5b-9d8f-2a3b4c5d6e7f')
    assert.equal(first?.['title'], 'create success on t1 by alice')
    assert.equal(first?.['updated'], '2026-11-21T06:51:16.590561Z')
    assert.deepEqual(first?.['author'], { name: 'alice' })
    assert.deepEqual(first?.['content'], { '#text': event(1).body, '@_type': 'text' })
    assert.equal(second?.['id'], 'tag:openstack-events.invalid,2026:t%C3%A9st/x%2F1')
  })

  it('cannot be broken by what a name holds', async () => {
    const name = `]]><script>&amp;"'\u0000\u000b\ud800\ufffe\n</name>`
    const feed = await feedOf(
      event(1, { body: { initiator: { name }, action: name }, notification: { eventType: name } }),
    )
    const [entry] = feed['entry'] as Record<string, unknown>[]
    const members = ['id', 'title', 'updated', 'published', 'author', 'category', 'content']
    assert.deepEqual(new Set(Object.keys(entry ?? {})), new Set(['#text', ...members]))
    assert.match(String(entry?.['title']), /<script>/)
  })

  it('show a damaged event too', async () => {
    const [entry] = (await feedOf(event(1, { text: 'not <json' })))['entry'] as Record<string, unknown>[]
    assert.equal(entry?.['title'], 'event by unknown')
  })

  it('survive ids that are no well-formed text', () => {
    assert.match(entryId({ cloud: '', id: '\ud800' }), /^tag:/)
  })
})

describe('an export of any size', () => {
  const portion = Array.from({ length: 500 }, (_, index) => event(index, { body: { filler: 'x'.repeat(1000) } }))
  const forms: [string, (portions: AsyncIterable<readonly StoredEvent[]>) => AsyncGenerator<string, void>][] = [
    ['JSON Lines', (portions) => jsonLines(portions)],
    ['CSV', (portions) => csv(portions)],
    ['Atom', (portions) => atom(portions, { id: 'urn:x', title: '', updated: 0, links: { self: 'http://x/' } })],
  ]

  for (const [name, form] of forms) {
    it(`goes out as ${name} in pieces, as slowly as it is read, and ends when nobody reads on`, async () => {
      let asked = 0
      let closed = false
      async function* endless(): AsyncGenerator<readonly StoredEvent[]> {
        try {
          for (;;) {
            asked++
            yield portion
          }
        } finally {
          closed = true
        }
      }
      let longest = 0
      let pieces = 0
      for await (const piece of form(endless())) {
        longest = Math.max(longest, piece.length)
        if (++pieces === 40) break
      }
      assert.ok(longest < 80 * 1024, `${longest} characters at once`)
      assert.ok(asked <= 40, `${asked} portions ahead`)
      assert.equal(closed, true)
    })
  }

  it('fails as the store does', async () => {
    async function* failing(): AsyncGenerator<readonly StoredEvent[]> {
      yield [event(1)]
      throw new Error('the store is away')
    }
    await assert.rejects(textOf(csv(failing())), /away/)
  })
})
