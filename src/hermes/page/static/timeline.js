import { byId, el, svg } from './dom.js'
import { OUTCOMES, outcomeClass } from './outcomes.js'
import { addCondition, bounds, change, parametersOf } from './state.js'
import { duration, localTime, stepFor, timeOf } from './time.js'

const HEIGHT = 140
const MARGIN = { top: 14, bottom: 22, left: 4, right: 4 }
const LEAST_BAR = 9

/** Counts over time by outcome. A bar, or a stretch that is drawn over, becomes the time that is looked at. */
export function showTimeline({ api, problem, refresh }) {
  const chart = el('div', { class: 'chart' })
  const reading = el('p', { class: 'reading' })
  const legend = el('ul', { class: 'legend', 'aria-label': 'Outcomes; each adds a filter' })
  const wider = el('button', { type: 'button', on: { click: widen } }, 'Wider')
  byId('timeline').replaceChildren(
    el('div', { class: 'heading' }, el('h2', { id: 'timeline-heading' }, 'Over time'), legend, wider),
    chart,
    reading,
  )
  let under
  let shown
  let width = 0

  new ResizeObserver(() => {
    if (shown !== undefined && Math.abs(chart.clientWidth - width) > 20) draw()
  }).observe(chart)

  async function load(now) {
    under?.abort()
    under = new AbortController()
    const { signal } = under
    try {
      const times = bounds(now)
      const parameters = parametersOf(now, times)
      const begin = times.from ?? (await firstTime(parameters, signal)) ?? times.to - 3_600_000
      const step = stepFor(begin, times.to, Math.max(12, Math.min(72, Math.floor(widthOf() / LEAST_BAR))))
      const { buckets } = await api.histogram(parameters, { step, signal })
      shown = { from: begin, to: times.to, step, buckets: bucketsBy(buckets, step, begin, times.to) }
      wider.disabled = now.range === 'all'
      draw()
    } catch (error) {
      problem(error, refresh)
    }
  }

  async function firstTime(parameters, signal) {
    const first = await api.oldest(parameters, signal)
    const time = timeOf(first?.eventTime)
    return Number.isNaN(time) ? undefined : time
  }

  function widthOf() {
    return Math.max(240, chart.clientWidth)
  }

  function draw() {
    const { from, to, step, buckets } = shown
    width = widthOf()
    const inner = width - MARGIN.left - MARGIN.right
    const base = HEIGHT - MARGIN.bottom
    const most = Math.max(1, ...buckets.map(({ count }) => count))
    const pitch = inner / buckets.length
    const scale = (base - MARGIN.top) / most
    const drawing = svg('svg', { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'group' })
    drawing.setAttribute(
      'aria-label',
      `${total(buckets)} events, ${duration(step)} for each bar. Arrow keys move, Enter narrows the time.`,
    )
    drawing.append(
      svg('line', { class: 'grid', x1: 0, x2: width, y1: base, y2: base }),
      svg('line', { class: 'grid', x1: 0, x2: width, y1: MARGIN.top, y2: MARGIN.top }),
      svg('text', { class: 'axis', x: 0, y: MARGIN.top - 3 }, total(buckets) === 0 ? '' : most.toLocaleString()),
    )
    const bars = buckets.map((bucket, index) => {
      const x = MARGIN.left + index * pitch
      let y = base
      const pieces = OUTCOMES.flatMap((outcome) => {
        const count = bucket.by[outcome] ?? 0
        if (count === 0) return []
        // One event among thousands must still be seen.
        const height = Math.max(2, count * scale)
        y -= height
        return [svg('rect', { class: `outcome ${outcome}`, x: x + 0.5, y, width: Math.max(1, pitch - 1.5), height })]
      })
      return svg(
        'g',
        { class: 'bar', role: 'button', tabindex: -1, 'aria-label': textOf(bucket, step), 'data-index': index },
        svg('rect', { class: 'behind', x, y: MARGIN.top, width: pitch, height: base - MARGIN.top }),
        ...pieces,
      )
    })
    const selection = svg('rect', { class: 'selection', x: 0, y: MARGIN.top, width: 0, height: base - MARGIN.top })
    drawing.append(...bars, selection, ...labels(from, to, step, buckets, pitch))
    listen(drawing, bars, selection, pitch)
    chart.replaceChildren(drawing)
    bars.at(-1)?.setAttribute('tabindex', 0)
    reading.textContent = total(buckets) === 0 ? 'Nothing happened in this time.' : `${duration(step)} for each bar`
    legend.replaceChildren(...OUTCOMES.flatMap((outcome) => entry(outcome, buckets)))
  }

  function labels(from, to, step, buckets, pitch) {
    const apart = Math.max(1, Math.ceil(120 / pitch))
    const day = to - from > 86_400_000 * 2
    return buckets.flatMap(({ time }, index) => {
      const x = MARGIN.left + index * pitch
      if (index % apart !== 0 || x > width - 90) return []
      const text = localTime(time, step < 60_000)
      return [svg('text', { class: 'axis', x, y: HEIGHT - 6 }, day ? text.slice(5, 16) : text.slice(11))]
    })
  }

  function entry(outcome, buckets) {
    const count = buckets.reduce((sum, bucket) => sum + (bucket.by[outcome] ?? 0), 0)
    if (count === 0) return []
    const text = `${outcome} ${count.toLocaleString()}`
    const act = () => addCondition({ attribute: 'outcome', how: 'is', value: outcome })
    const swatch = el('span', { class: `swatch ${outcome}`, 'aria-hidden': 'true' })
    return [el('li', {}, el('button', { type: 'button', class: 'quiet', on: { click: act } }, swatch, text))]
  }

  function listen(drawing, bars, selection, pitch) {
    let begun
    const indexAt = (event) => {
      const x = event.clientX - drawing.getBoundingClientRect().left - MARGIN.left
      return Math.max(0, Math.min(bars.length - 1, Math.floor(x / pitch)))
    }
    const mark = (one, other) => {
      selection.setAttribute('x', MARGIN.left + Math.min(one, other) * pitch)
      selection.setAttribute('width', (Math.abs(one - other) + 1) * pitch)
    }
    drawing.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return
      begun = indexAt(event)
      drawing.setPointerCapture(event.pointerId)
    })
    drawing.addEventListener('pointermove', (event) => {
      const index = indexAt(event)
      tell(index)
      if (begun !== undefined) mark(begun, index)
    })
    drawing.addEventListener('pointerup', (event) => {
      if (begun === undefined) return
      const index = indexAt(event)
      const first = begun
      begun = undefined
      narrow(Math.min(first, index), Math.max(first, index))
    })
    drawing.addEventListener('pointercancel', () => {
      begun = undefined
      selection.setAttribute('width', 0)
    })
    drawing.addEventListener('focusin', (event) => tell(Number(event.target.closest('.bar')?.dataset.index)))
    drawing.addEventListener('keydown', (event) => {
      const at = Number(event.target.closest('.bar')?.dataset.index)
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault()
        return narrow(at, at)
      }
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key]
      if (to === undefined || bars[to] === undefined) return
      event.preventDefault()
      bars[at].setAttribute('tabindex', -1)
      bars[to].setAttribute('tabindex', 0)
      bars[to].focus()
    })
  }

  function tell(index) {
    const bucket = shown.buckets[index]
    if (bucket !== undefined) reading.textContent = textOf(bucket, shown.step)
  }

  function narrow(first, last) {
    const { buckets, step } = shown
    const from = buckets[first]?.time
    const to = buckets[last]?.time
    if (from !== undefined && to !== undefined) change({ range: 'custom', from, to: to + step })
  }

  /** Three times as long, around what is shown; what has not happened yet is left out. */
  function widen() {
    const { from, to } = shown
    const end = Math.min(to + (to - from), Date.now() + 60_000)
    change({ range: 'custom', from: from - (to - from), to: Math.max(end, to) })
  }

  return { load }
}

function total(buckets) {
  return buckets.reduce((sum, { count }) => sum + count, 0)
}

function textOf({ time, count, by }, step) {
  const parts = OUTCOMES.filter((outcome) => by[outcome]).map((outcome) => `${by[outcome].toLocaleString()} ${outcome}`)
  const what = count === 0 ? 'nothing' : `${count.toLocaleString()} events: ${parts.join(', ')}`
  return `${localTime(time)} + ${duration(step)}: ${what}`
}

/** Every step of the time, also those in which nothing happened. */
function bucketsBy(buckets, step, from, to) {
  const known = new Map(buckets.map((bucket) => [Math.floor(bucketTime(bucket) / step), bucket]))
  const all = []
  for (let n = Math.floor(from / step); n * step < to; n++) {
    const { count = 0, by: given = {} } = known.get(n) ?? {}
    const by = {}
    for (const [outcome, number] of Object.entries(given)) {
      const kind = outcomeClass(outcome)
      by[kind] = (by[kind] ?? 0) + number
    }
    all.push({ time: n * step, count, by })
  }
  return all
}

function bucketTime({ time }) {
  return typeof time === 'string' ? timeOf(time) : time
}
