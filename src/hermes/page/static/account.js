import { byId, el } from './dom.js'
import { session } from './session.js'
import { change, onChange, state } from './state.js'
import { localTime, timeOf, zone } from './time.js'
import { visible } from './visible.js'

/** Who is logged in and for what; for administrators of the cloud, whose events are read. */
export function showAccount({ mayReadAll, leave }) {
  const { user, scope, expiresAt } = session()
  const end = localTime(timeOf(expiresAt), false)
  const parts = [
    el(
      'p',
      { class: 'who' },
      el('strong', {}, visible(user.name || user.id)),
      ` · ${scopeText(scope)}`,
      el('span', { class: 'faint' }, ` · until ${end} · times in ${zone()}`),
    ),
  ]
  if (mayReadAll) parts.push(projectChooser(scope))
  parts.push(el('button', { type: 'button', on: { click: leave } }, 'Log out'))
  byId('account').replaceChildren(...parts)
}

function scopeText(scope) {
  if (scope.kind === 'project') return `project ${visible(scope.name)} (${visible(scope.domain)})`
  if (scope.kind === 'domain') return `domain ${visible(scope.name)}`
  return scope.kind === 'system' ? 'the system' : 'no project'
}

let listening = false

/** Ids of projects or domains; each such reading is itself recorded. */
function projectChooser(scope) {
  const select = el(
    'select',
    { id: 'project-choice', 'aria-label': 'Whose events', on: { change: choose } },
    el('option', { value: '' }, scope.kind === 'domain' ? 'Own domain' : 'Own project'),
    el('option', { value: '*' }, 'All projects'),
    el('option', { value: 'other' }, 'Another one …'),
  )
  const input = el('input', {
    id: 'project-id',
    type: 'text',
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: 'id of a project or domain',
    'aria-label': 'Id of a project or domain',
    on: { change: () => change({ project: input.value.trim(), event: '' }) },
  })
  function choose() {
    input.hidden = select.value !== 'other'
    if (select.value === 'other') input.focus()
    else change({ project: select.value, event: '' })
  }
  const show = ({ project }) => {
    select.value = project === '' || project === '*' ? project : 'other'
    input.hidden = select.value !== 'other'
    input.value = select.value === 'other' ? project : ''
  }
  show(state())
  if (!listening) {
    listening = true
    onChange((now) => byId('project-choice')?.dispatchEvent(new CustomEvent('show', { detail: now })))
  }
  select.addEventListener('show', ({ detail }) => show(detail))
  return el('div', { class: 'chooser' }, select, input)
}
