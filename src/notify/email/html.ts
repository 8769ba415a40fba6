import { escapeText } from '../escape'
import type { Report, Severity } from '../model'
import { filledText, heldBack } from '../plain-text'

/** Readable on white, and told apart by people who see few colours: dark red, orange, blue, grey. */
const COLOURS: Readonly<Record<Severity, string>> = {
  emerg: '#8b0000',
  alert: '#8b0000',
  crit: '#b30000',
  err: '#b30000',
  warning: '#b35900',
  notice: '#00529b',
  info: '#00529b',
  debug: '#555555',
}

/**
 * The HTML part, well-formed as XML, too, without anything that is loaded from elsewhere. Where only a text was given by a
 * template it says the same as that text.
 */
export function htmlBody(report: Report): string {
  const filled = report.filled['html']
  if (filled !== undefined) return filled
  const text = filledText(report)
  return page(report.title, text === undefined ? built(report) : paragraph(text))
}

function built(report: Report): string {
  const { title, text, facts, link, severity, outcome, suppressed } = report
  const colour = COLOURS[severity]
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><th style="text-align:left;vertical-align:top;padding:2px 12px 2px 0;font-weight:normal;color:#555555">${lines(label)}</th>` +
      `<td style="padding:2px 0;overflow-wrap:anywhere">${lines(value)}</td></tr>`,
  )
  return [
    `<p style="margin:0 0 8px;color:${colour}"><strong>${escaped(severity)}</strong>, ${escaped(outcome)}</p>`,
    `<h1 style="font-size:18px;margin:0 0 12px;padding-left:10px;border-left:4px solid ${colour};overflow-wrap:anywhere">${escaped(title)}</h1>`,
    ...(text === '' ? [] : [paragraph(text)]),
    ...(rows.length === 0 ? [] : [`<table style="border-collapse:collapse;font-size:14px">${rows.join('')}</table>`]),
    ...(link === undefined || !/^https?:\/\//i.test(link.url)
      ? []
      : [`<p><a href="${escaped(link.url)}">${escaped(link.label)}</a></p>`]),
    ...(suppressed === undefined ? [] : [`<p style="color:#555555">${escaped(heldBack(suppressed))}</p>`]),
  ].join('\n')
}

function page(title: string, content: string): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8"/>',
    `<title>${escaped(title)}</title></head>`,
    '<body style="font-family:sans-serif;font-size:14px;color:#222222;background-color:#ffffff">',
    content,
    '</body></html>',
    '',
  ].join('\n')
}

function paragraph(text: string): string {
  return `<p style="overflow-wrap:anywhere">${lines(text)}</p>`
}

function lines(text: string): string {
  return escaped(text).replace(/\n/g, '<br/>')
}

function escaped(text: string): string {
  return escapeText(text, 'html')
}
