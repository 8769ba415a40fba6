import assert from 'node:assert/strict'
import { htmlBody } from '../../../src/notify/email/html'
import { plainText } from '../../../src/notify/plain-text'
import { reportOf } from '../../../src/notify/report'
import { occurrence } from '../../support/occurrence'

const SINCE = '2026-11-21T06:00:00.000Z'
const report = (text: string) => ({
  ...reportOf([occurrence('e1')]),
  filled: { text },
  suppressed: { count: 3, since: SINCE },
})

describe('a text of a template', () => {
  it('is followed by how many were held back, in mail also in its HTML', () => {
    assert.equal(plainText(report('dana was here\n')), `dana was here\n\n3 more were held back since ${SINCE}.\n`)
    assert.match(htmlBody(report('dana was here')), /dana was here[\s\S]*3 more were held back since/)
  })

  it('is left as it is where it tells that itself', () => {
    const text = `dana was here, and 3 others since ${SINCE}`
    assert.equal(plainText(report(text)), text)
  })

  it('is left as it is where nothing was held back', () => {
    const { suppressed: _suppressed, ...quiet } = report('dana was here')
    assert.equal(plainText(quiet), 'dana was here')
  })
})
