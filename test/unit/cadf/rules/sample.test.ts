import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sampleMessage } from '../../../../src/cadf/rules/sample'
import { recordings } from '../../notification/recordings'
import { messagesOf } from './recorded-messages'

const RULE_CREATED = 'oslo.messaging.notification.security_group_rule.create.end '
const lines = readFileSync(join(recordings, 'log-driver/neutron.log'), 'utf8').split('\n')
const line = lines.find((text) => text.includes(RULE_CREATED)) ?? ''
const initiatorOf = (message: object) => (message as { event: { initiator: object } }).event.initiator

describe('A sample for trying rules', () => {
  const who = {
    user_id: '74948f9e907241a1bfc4c92aac04ae44',
    project_id: '1e0a1a033e3a431591e48fb10abce366',
    request_id: 'req-86ee8899-c724-4e67-8e9b-99614198c192',
  }

  it('that is a line of a log file names who acted, as only the line does', () => {
    const message = sampleMessage(` ${line}\n`)
    assert.equal(message['topic'], 'security_group_rule.create.end')
    assert.partialDeepStrictEqual(initiatorOf(message), who)
  })

  it('that is the JSON of such a line has nobody who acted', () => {
    for (const text of [line.slice(line.indexOf('{')), line.slice(line.indexOf('] {'))]) {
      const message = sampleMessage(text)
      assert.equal(message['topic'], 'security_group_rule.create.end')
      assert.equal((initiatorOf(message) as { id: string }).id, 'unknown')
    }
  })

  it('that is a message of the debug sidebar stays as it is', () => {
    for (const message of messagesOf('edge-cases.jsonl')) {
      const copied: unknown = JSON.parse(JSON.stringify(message))
      assert.deepEqual(sampleMessage(JSON.stringify(message, null, 2)), copied)
    }
  })

  it('that is no JSON is refused', () => {
    for (const text of ['', 'x', '{', '[]', 'null']) assert.throws(() => sampleMessage(text), { code: 'SAMPLE_JSON' })
  })
})
