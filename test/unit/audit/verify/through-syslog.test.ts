import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { checkpointOf, isSignedBy } from '../../../../src/audit/chain/checkpoint'
import { signerOf } from '../../../../src/audit/chain/signing'
import { checkpointMessage } from '../../../../src/audit/intake/checkpoint-message'
import { findCheckpoints } from '../../../../src/audit/verify/checkpoint-lines'
import { incoming } from '../../../../src/message/members'
import { linesOf, subjectsOf } from '../../../../src/syslog/lines'
import { readSettings } from '../../../../src/syslog/settings'
import { WrittenChain } from '../chain/written'

const { privateKey } = generateKeyPairSync('ed25519')
const signer = signerOf({ kind: 'ed25519', privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() })

describe('a checkpoint that was sent to syslog', () => {
  for (const transport of ['tcp', 'udp']) {
    for (const protocol of ['rfc5424', 'rfc3164']) {
      for (const format of ['json', 'text']) {
        it(`is found again in the log, whole and signed: ${format}, ${protocol}, limits of ${transport}`, async () => {
          const { head } = new WrittenChain(randomUUID()).events(3)
          const checkpoint = checkpointOf(
            { ...head, position: 1_000_000_000 },
            new Date('2026-11-21T12:00:00Z'),
            signer,
          )
          const message = { ...checkpointMessage(checkpoint, randomUUID(), 'prod') }
          const settings = readSettings({ host: 'log', transport, protocol, format }, 'controller1')
          const lines = subjectsOf(message, incoming(message), format).flatMap((subject) =>
            linesOf(subject, { text: message.payload }, settings, new Date()),
          )
          const log = lines.map(({ bytes }) => `${bytes.toString()}\n`)
          const { checkpoints, incomplete } = await findCheckpoints(['<13>1 - other - - - - words\n', ...log])
          assert.deepEqual([checkpoints, incomplete], [[checkpoint], 0])
          assert.ok(checkpoints[0] !== undefined && isSignedBy(checkpoints[0], signer))
        })
      }
    }
  }
})
