import { announce, byId, el } from './dom.js'
import { localTime, timeOf } from './time.js'
import { visible } from './visible.js'

const ASK_AGAIN_MS = 1000

/** Whether the trail is as it was written, for whoever may see that. */
export function showIntegrity({ api, problem }) {
  const section = byId('integrity')
  const facts = el('p')
  const verdict = el('p', { role: 'status' })
  const check = el('button', { type: 'button', on: { click: verify } }, 'Verify now')
  section.hidden = true
  section.replaceChildren(el('h2', { id: 'integrity-heading' }, 'Integrity'), facts, verdict, check)

  async function load() {
    try {
      await follow(await api.integrity())
    } catch (error) {
      // Others than administrators of the cloud may not see it.
      if (error?.status !== 403 && error?.status !== 404) problem(error, load)
    }
  }

  async function verify() {
    try {
      await follow(await api.verify())
      announce(verdict.textContent)
    } catch (error) {
      problem(error, verify)
    } finally {
      running(false)
    }
  }

  /** Shows what is known, until a verification that is under way has ended. */
  async function follow(known) {
    let { checkpoint, checkpoint_trouble: trouble, verification } = known
    for (;;) {
      facts.textContent = checkpointText(checkpoint, trouble)
      verdict.replaceChildren(...verdictParts(verification))
      section.hidden = false
      running(verification?.running === true)
      if (verification?.running !== true || !section.isConnected) return
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
      ;({ checkpoint, checkpoint_trouble: trouble, verification } = await api.integrity())
    }
  }

  function running(is) {
    check.disabled = is
    check.textContent = is ? 'Verifying …' : 'Verify now'
  }

  return { load }
}

const TROUBLES = {
  AUDIT_STORE_DAMAGED: 'the store is damaged. Nothing is written to it; verifying shows where',
  AUDIT_STORE_FULL: 'there is no room left for the store. Nothing is written to it until there is',
}

function checkpointText(checkpoint, trouble) {
  if (trouble !== undefined)
    return `No checkpoint: ${TROUBLES[trouble] ?? 'the store cannot be written to'} (${visible(trouble)}).`
  if (!(checkpoint?.position > 0)) return 'Nothing was written yet.'
  const { position, time, signature, link } = checkpoint
  const signed = signature === undefined ? 'not signed' : 'signed'
  return `Last checkpoint: ${position.toLocaleString()} rows, ${localTime(timeOf(time))}, ${signed}, ${visible(link).slice(0, 12)}…`
}

function verdictParts(verification) {
  if (verification === undefined) return ['Not verified since the start.']
  const { running, ended_at: ended, report, trouble } = verification
  if (running) return ['Reading the whole trail …']
  const when = localTime(timeOf(ended))
  if (report === undefined) return [el('strong', { class: 'bad' }, 'Not verified'), ` ${when}: ${visible(trouble)}`]
  const { ok, events, findings = [], strength } = report
  if (ok) {
    const against = strength === 'tampering' ? 'tampering' : 'accidents only'
    const compared = `${events.toLocaleString()} rows compared; this would have shown ${against}.`
    return [el('strong', { class: 'good' }, 'Unchanged'), ` ${when}: ${compared}`]
  }
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  return [el('strong', { class: 'bad' }, 'Not as it was written'), ` ${when}: ${visible(findings[0]?.text)}${more}`]
}
