import { byId, el } from './dom.js'
import { duration, localTime, timeOf } from './time.js'
import { visible } from './visible.js'

/** Whether the trail is as it was written, for whoever may see that. */
export function showIntegrity({ api, problem }) {
  const section = byId('integrity')
  let under

  async function load() {
    section.hidden = true
    try {
      show(await api.integrity())
    } catch (error) {
      // Others than administrators of the cloud may not see it, and an older server has none.
      if (error?.status !== 403 && error?.status !== 404) problem(error, load)
    }
  }

  function show({ checkpoint, verification }) {
    const check = el('button', { type: 'button', on: { click: verify } }, 'Verify now')
    section.replaceChildren(
      el('h2', { id: 'integrity-heading' }, 'Integrity'),
      el('p', {}, checkpointText(checkpoint)),
      el('p', {}, ...verificationParts(verification)),
      check,
    )
    section.hidden = false

    async function verify() {
      under?.abort()
      under = new AbortController()
      check.disabled = true
      check.textContent = 'Verifying …'
      try {
        show(await api.verify(under.signal))
        byId('integrity').querySelector('button').focus()
      } catch (error) {
        check.disabled = false
        check.textContent = 'Verify now'
        problem(error, verify)
      }
    }
  }

  return { load }
}

function checkpointText(checkpoint) {
  if (checkpoint === undefined || checkpoint === null) return 'No checkpoint was made yet.'
  const { position, time, signature, link } = checkpoint
  const signed = signature === undefined ? 'not signed' : 'signed'
  return `Last checkpoint: ${position.toLocaleString()} rows, ${localTime(timeOf(time))}, ${signed}, ${visible(link).slice(0, 12)}…`
}

function verificationParts(verification) {
  if (verification === undefined || verification === null) return ['Not verified since the start.']
  const { ok, at, events, findings = [], strength, tookMs } = verification
  const when = at === undefined ? '' : `${localTime(timeOf(at))}: `
  const took = tookMs === undefined ? '' : ` in ${duration(tookMs)}`
  if (ok) {
    const against = strength === 'tampering' ? 'tampering' : 'accidents only'
    return [
      el('strong', { class: 'good' }, 'Unchanged'),
      ` ${when}${events.toLocaleString()} rows compared${took}; shows ${against}.`,
    ]
  }
  return [
    el('strong', { class: 'bad' }, 'Not as it was written'),
    ` ${when}${visible(findings[0]?.text)} ${findings.length > 1 ? `(${findings.length} findings)` : ''}`,
  ]
}
