import { announce, el } from './dom.js'

const FORMATS = [
  ['JSON Lines', 'jsonl', 'jsonl'],
  ['CSV', 'csv', 'csv'],
]

/** All events of the filter as a file. The token goes in a header, so the browser fetches it and saves it then. */
export function exportButtons({ api, problem, done, parameters }) {
  const stop = el('button', { type: 'button', hidden: true }, 'Stop')
  const progress = el('span', { class: 'faint', role: 'status', hidden: true })
  const buttons = FORMATS.map(([label, format, extension]) =>
    el('button', { type: 'button', on: { click: () => save(format, extension) } }, label),
  )

  async function save(format, extension) {
    const under = new AbortController()
    busy(true)
    stop.onclick = () => under.abort()
    try {
      const response = await api.exported(parameters(), format, under.signal)
      const file = await collected(response, (bytes) => {
        progress.textContent = `${(bytes / 1_048_576).toFixed(1)} MB`
      })
      const stamp = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)
      offer(file, `audit-events-${stamp}.${extension}`)
      done()
      announce('The export is saved.')
    } catch (error) {
      if (!under.signal.aborted) problem(error, () => save(format, extension))
    } finally {
      busy(false)
    }
  }

  function busy(is) {
    for (const button of buttons) button.disabled = is
    stop.hidden = !is
    progress.hidden = !is
    progress.textContent = ''
  }

  return el(
    'div',
    { class: 'exports', role: 'group', 'aria-label': 'Export' },
    el('span', { class: 'faint' }, 'Export'),
    ...buttons,
    stop,
    progress,
  )
}

/** A body that breaks off is an error here, so that nobody takes a part for the whole. */
async function collected(response, tell) {
  const parts = []
  let bytes = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    bytes += value.length
    // Many small pieces cost more memory than what is in them.
    if (parts.length >= 1000) parts.splice(0, parts.length, new Blob(parts))
    tell(bytes)
  }
  return new Blob(parts, { type: response.headers.get('content-type') ?? 'application/octet-stream' })
}

function offer(file, name) {
  const url = URL.createObjectURL(file)
  const link = el('a', { href: url, download: name, hidden: true })
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
