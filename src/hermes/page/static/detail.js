import { byId, el } from './dom.js'
import { factsOf } from './event-facts.js'
import { outcomeClass } from './outcomes.js'
import { addCondition, change, state } from './state.js'
import { localTime, timeOf } from './time.js'
import { visible, visibleJson } from './visible.js'

/** One event with what was asked for and what came of it. */
export function showDetail({ api, problem }) {
  const dialog = byId('detail')
  let under

  // Escape, and the way back in the browser's history, close it too.
  dialog.onclose = () => {
    under?.abort()
    if (state().event !== '') change({ event: '' })
    // Browsers go back to what had the focus; a list that was fetched anew has other rows.
    if (document.activeElement === document.body) byId('events-heading')?.focus()
  }
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close()
  }

  async function load({ event: id, project }) {
    under?.abort()
    if (id === '') return dialog.close()
    under = new AbortController()
    const { signal } = under
    try {
      const record = await api.event(id, project, signal)
      dialog.replaceChildren(...content(record))
      if (!dialog.open) dialog.showModal()
      byId('detail-heading').focus()
    } catch (error) {
      // Another one is wanted by now.
      if (signal.aborted) return
      change({ event: '' })
      problem(error, error?.status === 404 ? undefined : () => change({ event: id }))
    }
  }

  function content(record) {
    const { event, pending } = record
    const facts = factsOf(event, record.added)
    const { who, target, observer } = facts
    const added = Object.keys(record.added ?? {})
    const when = timeOf(facts.time)
    return [
      el(
        'div',
        { class: 'heading' },
        el('h2', { id: 'detail-heading', tabindex: '-1' }, visible(facts.action) || 'Event'),
        el('span', { class: `badge ${outcomeClass(facts.outcome)}` }, visible(facts.outcome) || 'unknown'),
        el('button', { type: 'button', on: { click: () => dialog.close() } }, 'Close'),
      ),
      el(
        'dl',
        {},
        ...fact('When', Number.isNaN(when) ? facts.time : `${localTime(when)} (${facts.time})`),
        ...fact('Who', who.name, 'initiator_name'),
        ...fact('Who, id', who.id, 'initiator_id'),
        ...fact('Project of who', named(who.projectName, who.project), 'initiator_project_id', who.project),
        ...fact('Domain of who', named(who.domainName, who.domain), 'initiator_domain_id', who.domain),
        ...fact('Client', who.address, 'address'),
        ...fact('Client program', who.agent),
        ...fact('Target', target.name, 'target_name'),
        ...fact('Target id', target.id, 'target_id'),
        ...fact('Target type', target.type, 'target_type'),
        ...fact('Project of target', target.project, 'target_project_id'),
        ...fact('Domain of target', target.domain, 'target_domain_id'),
        ...fact('Reason', facts.reason, 'reason_code', facts.reasonCode),
        ...fact('Request path', facts.path, 'request_path'),
        ...fact('Request id', who.request, 'request_id'),
        ...fact('Global request id', who.globalRequest, 'global_request_id'),
        ...fact('Service', named(observer.name, observer.type), 'observer_type', observer.type),
        ...fact('Event type', record.notification?.event_type, 'event_type'),
        ...fact('Stored as', record.sequence === undefined ? '' : `number ${record.sequence}`),
        ...fact('Added by look-up', added.join(', ')),
      ),
      el(
        'div',
        { class: 'pair' },
        ...(pending === undefined ? [] : [part('Request, as it was asked', pending)]),
        part(
          pending === undefined
            ? record.phase === 'pending'
              ? 'Request; no response is known'
              : 'Event'
            : 'Response, what came of it',
          event,
        ),
      ),
    ]
  }

  /** A term with its value, and a button that looks for the same. */
  function fact(label, text, attribute, value = text) {
    if (text === undefined || text === '') return []
    const narrow = () => {
      dialog.close()
      addCondition({ attribute, how: 'is', value })
    }
    const button =
      attribute === undefined || value === ''
        ? ''
        : el(
            'button',
            {
              type: 'button',
              class: 'quiet',
              'aria-label': `Only events with this: ${label} ${visible(value)}`,
              on: { click: narrow },
            },
            'Only these',
          )
    return [el('dt', {}, label), el('dd', {}, el('span', {}, visible(text)), button)]
  }

  function part(title, event) {
    const text = visibleJson(event)
    const copy = el('button', { type: 'button', class: 'quiet', on: { click: () => copied(copy, event) } }, 'Copy')
    return el(
      'section',
      { 'aria-label': title },
      el('div', { class: 'heading' }, el('h3', {}, title), copy),
      el('pre', { tabindex: '0' }, text),
    )
  }

  async function copied(button, event) {
    try {
      await navigator.clipboard.writeText(JSON.stringify(event, null, 2))
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Not allowed here'
    }
  }

  return { load }
}

function named(name, id) {
  return name !== '' && id !== '' ? `${name} (${id})` : name || id
}
