/**
 * JSON as Python's `json.dumps` writes it: a blank after commas and colons, everything outside ASCII escaped.
 * oslo puts such a text inside another JSON text, so consumers meet characters that are escaped twice.
 */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return `{${members.map(([name, member]) => `${text(name)}: ${pythonJson(member)}`).join(', ')}}`
  }
  return typeof value === 'string' ? text(value) : JSON.stringify(value ?? null)
}

function text(value: string): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
