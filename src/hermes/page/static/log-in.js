import { byId, el } from './dom.js'
import { clearMessage, showProblem } from './messages.js'
import { logInWithPassword, logInWithToken } from './session.js'

/** The two ways in. What was typed stays in the form until it was right, but for the password. */
export function showLogIn(entered) {
  const field = (name, label, attributes = {}) => {
    const input = el('input', {
      id: `log-in-${name}`,
      name,
      type: 'text',
      autocomplete: 'off',
      spellcheck: 'false',
      ...attributes,
    })
    return el('div', { class: 'field' }, el('label', { for: `log-in-${name}` }, label), input)
  }

  const project = el(
    'div',
    { class: 'fields' },
    field('project', 'Project'),
    field('projectDomain', 'Domain of the project', { value: 'Default' }),
  )
  const domain = el('div', { class: 'fields', hidden: true }, field('domain', 'Domain'))
  const scope = el(
    'select',
    { id: 'log-in-scope', name: 'scope', on: { change: () => showScope() } },
    el('option', { value: '' }, 'my default project'),
    el('option', { value: 'project' }, 'a project'),
    el('option', { value: 'domain' }, 'a domain'),
  )
  const showScope = () => {
    project.hidden = scope.value !== 'project'
    domain.hidden = scope.value !== 'domain'
  }
  showScope()

  const withPassword = form(
    'Log in',
    [
      el(
        'div',
        { class: 'fields' },
        field('user', 'User name', { required: true, autocomplete: 'username', autocapitalize: 'off' }),
        field('userDomain', 'Domain of the user', { value: 'Default' }),
      ),
      field('password', 'Password', { type: 'password', required: true, autocomplete: 'current-password' }),
      el('div', { class: 'field' }, el('label', { for: 'log-in-scope' }, 'Read the events of'), scope),
      project,
      domain,
      el('p', { class: 'hint' }, 'A user or project is taken by its id where its domain is left empty.'),
    ],
    async (fields) => {
      const password = withPassword.elements.namedItem('password')
      try {
        await logInWithPassword(fields)
      } finally {
        password.value = ''
      }
    },
    () => withPassword.elements.namedItem('password').focus(),
  )
  const withToken = form(
    'Use this token',
    [
      field('token', 'Keystone token', { type: 'password', required: true, autocomplete: 'off' }),
      el('p', { class: 'hint' }, 'As ', el('code', {}, 'openstack token issue -f value -c id'), ' prints it.'),
    ],
    async ({ token }) => {
      const input = withToken.elements.namedItem('token')
      try {
        await logInWithToken(token.trim())
      } finally {
        input.value = ''
      }
    },
    () => withToken.elements.namedItem('token').focus(),
  )

  function form(action, content, submit, failed) {
    const button = el('button', { type: 'submit', class: 'primary' }, action)
    const made = el('form', { novalidate: false }, ...content, button)
    made.addEventListener('submit', async (event) => {
      event.preventDefault()
      clearMessage()
      button.disabled = true
      try {
        await submit(Object.fromEntries(new FormData(made)))
        entered()
      } catch (error) {
        showProblem(error)
        failed()
      } finally {
        button.disabled = false
      }
    })
    return made
  }

  byId('log-in').replaceChildren(
    el('h2', { id: 'log-in-heading' }, 'Log in at Keystone'),
    withPassword,
    el('details', {}, el('summary', {}, 'Log in with a token instead'), withToken),
    el(
      'p',
      { class: 'hint' },
      'The password goes to Keystone and is not kept. The token stays in this browser tab and ends when you log out.',
    ),
  )
}
