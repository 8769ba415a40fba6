import { showAccount } from './account.js'
import { auditApi } from './api.js'
import { showDetail } from './detail.js'
import { byId } from './dom.js'
import { showFilters } from './filters.js'
import { showIntegrity } from './integrity.js'
import { showList } from './list.js'
import { showLogIn } from './log-in.js'
import { clearMessage, showNotice, showProblem } from './messages.js'
import { forget, logOut, session } from './session.js'
import { onChange, sameFilter, state } from './state.js'
import { showTimeline } from './timeline.js'

/** The views of the trail, and what each of them does when something else is to be looked at. */
let views

function start() {
  const working = session() !== undefined
  byId('log-in').hidden = working
  byId('trail').hidden = !working
  byId('account').hidden = !working
  if (!working) {
    views = undefined
    showLogIn(begin)
    return
  }
  const { token, mayReadAll } = session()
  const tools = { api: auditApi(token), problem, done: clearMessage, refresh }
  showAccount({ mayReadAll, leave })
  views = {
    filters: showFilters(tools),
    timeline: showTimeline(tools),
    list: showList(tools),
    detail: showDetail(tools),
    integrity: showIntegrity(tools),
  }
  views.integrity.load()
  refresh()
  views.detail.load(state())
}

function begin() {
  clearMessage()
  start()
  byId('events-heading').focus()
}

function refresh() {
  views.filters.show(state())
  views.timeline.load(state())
  views.list.load(state())
}

onChange((now, before) => {
  if (views === undefined) return
  if (!sameFilter(now, before)) {
    clearMessage()
    refresh()
    if (now.project !== before.project) views.filters.forgetValues()
  }
  if (now.event !== before.event) views.detail.load(now)
})

/** A token that is over brings the log-in back; what was looked at stays in the address. */
function problem(error, again) {
  if (error?.name === 'AbortError') return
  if (error?.status === 401) {
    forget()
    byId('detail').close()
    start()
  }
  showProblem(error, error?.status === 401 ? undefined : again)
}

async function leave() {
  byId('detail').close()
  await logOut()
  clearMessage()
  start()
  showNotice('You are logged out.')
}

byId('skip').addEventListener('click', (event) => {
  // The address behind # holds the filters.
  event.preventDefault()
  byId('events-heading')?.focus()
})

start()
