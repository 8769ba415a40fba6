import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { checkpointOf, checkpointText, isSignedBy, parseCheckpoint } from '../../../../src/audit/chain/checkpoint'
import { emptyChain } from '../../../../src/audit/chain/hash'
import { isRetentionSignedBy, parseRetention, retentionNote } from '../../../../src/audit/chain/retention-record'
import { signerOf, verifierOf } from '../../../../src/audit/chain/signing'
import { WrittenChain } from './written'

const at = new Date('2026-11-21T12:00:00.123Z')
const signer = signerOf({ kind: 'hmac', secret: 'a secret of the operator' })
const head = new WrittenChain('3c1c9f2e').events(3).head

describe('the text of a checkpoint', () => {
  const text = checkpointText(checkpointOf(head, at, signer))

  it('is one line of plain ASCII', () => {
    assert.match(
      text,
      /^openstack-audit-checkpoint v1 writer=3c1c9f2e position=3 link=[0-9a-f]{64} time=2026-11-21T12:00:00\.123Z key=hmac:[0-9a-f]{32} signature=[\w-]{43}$/,
    )
  })

  it('is read back as it was', () => {
    assert.deepEqual(parseCheckpoint(text), checkpointOf(head, at, signer))
    const plain = checkpointOf(head, at)
    assert.deepEqual(parseCheckpoint(checkpointText(plain)), plain)
  })

  const frames: [string, (line: string) => string][] = [
    [
      'a syslog line',
      (line) => `<110>1 2026-11-21T12:00:01Z node1 openstack-events - checkpoint [openstack@32473 a="b"] ${line}`,
    ],
    [
      'a syslog line with a byte order mark',
      (line) => `2026-11-21T12:00:01+00:00 node1 openstack-events: \ufeff${line}\r`,
    ],
    ['JSON', (line) => JSON.stringify({ message: line, severity: 'info' })],
    ['a quotation', (line) => `> '${line}'.`],
    ['a line with more words after it', (line) => `${line} received from 10.0.0.1`],
  ]
  for (const [where, frame] of frames) {
    it(`is found in ${where}`, () => {
      const found = parseCheckpoint(frame(text))
      assert.ok(found !== undefined && isSignedBy(found, signer))
      assert.deepEqual(parseCheckpoint(frame(checkpointText(checkpointOf(head, at)))), checkpointOf(head, at))
    })
  }

  it('is not read when it was cut off anywhere', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const own = signerOf({
      kind: 'ed25519',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    })
    for (const by of [signer, own, undefined]) {
      const whole = checkpointText(checkpointOf(head, at, by))
      for (let length = 0; length < whole.length; length++)
        assert.equal(parseCheckpoint(whole.slice(0, length)), undefined)
    }
  })

  const malformed: [string, string][] = [
    ['an empty line', ''],
    ['another version', text.replace(' v1 ', ' v2 ')],
    ['a negative position', text.replace('position=3', 'position=-3')],
    ['a position with zeros in front', text.replace('position=3', 'position=03')],
    ['a huge position', text.replace('position=3', 'position=99999999999999999999')],
    ['a link that is cut off', text.replace(/link=[0-9a-f]{64}/, 'link=0123')],
    ['a link in capitals', text.replace(/link=[0-9a-f]{64}/, (link) => `link=${link.slice(5).toUpperCase()}`)],
    ['a time without zone', text.replace('.123Z', '')],
    ['a day that does not exist', text.replace('2026-11-21', '2026-13-41')],
    ['no writer', text.replace('writer=3c1c9f2e', 'writer=')],
    ['a member that comes twice', text.replace('position=3', 'position=3 position=4')],
  ]
  for (const [what, line] of malformed) {
    it(`is not read from ${what}`, () => assert.equal(parseCheckpoint(line), undefined))
  }

  it('carries any name of a writer', () => {
    for (const writer of ['höst 1', 'a=b', '"x"\\', '日本', '100%', 'a\nb']) {
      const line = checkpointText(checkpointOf(emptyChain(writer), at, signer))
      assert.match(line, /^[\x21-\x7e ]+$/)
      const found = parseCheckpoint(line)
      assert.equal(found?.writer, writer)
      assert.ok(found !== undefined && isSignedBy(found, signer))
    }
  })
})

describe('the signature of a checkpoint', () => {
  const checkpoint = checkpointOf(head, at, signer)

  it('holds for every member', () => {
    assert.ok(isSignedBy(checkpoint, signer))
    const others = [
      { writer: 'other' },
      { position: 4 },
      { link: '0'.repeat(64) },
      { time: '2026-11-21T12:00:00.124Z' },
      { signature: `A${checkpoint.signature?.slice(1)}` },
      { signature: '' },
    ]
    for (const other of others)
      assert.equal(isSignedBy({ ...checkpoint, ...other }, signer), false, JSON.stringify(other))
  })

  it('is that of one key', () => {
    const stranger = signerOf({ kind: 'hmac', secret: 'a secret of somebody else' })
    assert.equal(isSignedBy(checkpoint, stranger), false)
    assert.equal(isSignedBy({ ...checkpoint, key: stranger.key }, stranger), false)
    assert.equal(isSignedBy(checkpointOf(head, at), signer), false)
  })

  it('by Ed25519 is verified with the public key, which is recognised by the same fingerprint', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const own = signerOf({
      kind: 'ed25519',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    })
    const verifier = verifierOf({
      kind: 'ed25519',
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    })
    assert.equal(own.key, verifier.key)
    const signed = checkpointOf(head, at, own)
    assert.ok(isSignedBy(signed, verifier))
    assert.deepEqual(parseCheckpoint(checkpointText(signed)), signed)
    assert.equal(isSignedBy({ ...signed, position: 2 }, verifier), false)
  })

  it('is not made with keys that cannot be used', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const refused = { code: 'AUDIT_KEY' }
    assert.throws(() => signerOf({ kind: 'hmac', secret: 'short' }), refused)
    assert.throws(
      () => signerOf({ kind: 'ed25519', privateKey: 'hunter2 is not a PEM' }),
      (error: Error) => !error.message.includes('hunter2'),
    )
    assert.throws(() => signerOf({ kind: 'ed25519', privateKey: pem }), refused)
    assert.throws(() => verifierOf({ kind: 'ed25519', publicKey: '' }), refused)
  })
})

describe('the text of a retention record', () => {
  const ranges = [
    { first: 1, last: 5 },
    { first: 7, last: 7 },
  ]
  const what = { reason: 'age', policy: 'prod/8a3e', before: '2026-01-01T00:00:00.000Z', ranges } as const
  const text = retentionNote(head, what, at, signer)

  it('says what was removed, when, why and by whose rule, and follows on the chain', () => {
    const found = parseRetention(text)
    assert.ok(found !== undefined && isRetentionSignedBy(found, signer))
    const { writer, position, link, time } = checkpointOf(head, at)
    const { signature, ...said } = found
    assert.deepEqual(said, { ...what, writer, position, link, time, key: signer.key })
    assert.match(text, / ranges=1-5,7 /)
  })

  it('is not signed for anything else', () => {
    for (const [from, to] of [
      ['1-5,7', '1-5,7-8'],
      ['reason=age', 'reason=size'],
      ['prod/8a3e', 'prod/8a3f'],
      ['position=3', 'position=4'],
    ] as const) {
      const found = parseRetention(text.replace(from, to))
      assert.ok(found !== undefined && !isRetentionSignedBy(found, signer), to)
    }
  })

  it('is not read with ranges in any other spelling', () => {
    for (const other of [
      '',
      '0',
      '5-1',
      '1-1',
      '1-5,6',
      '1-5,5',
      '7,1-5',
      '1-5,',
      '01-5',
      '1-99999999999999999999',
      'x',
    ]) {
      assert.equal(parseRetention(text.replace('1-5,7', other)), undefined, other)
    }
  })

  it('is not a checkpoint, and a checkpoint is not one', () => {
    assert.equal(parseCheckpoint(text), undefined)
    assert.equal(parseRetention(checkpointText(checkpointOf(head, at))), undefined)
  })
})
