import assert from 'node:assert/strict'

/** The same keys and the same kinds of values as in the recording, whatever the values are. */
export function sameShape(copy: unknown, recorded: unknown, where = 'body'): void {
  if (Array.isArray(recorded)) {
    assert.ok(Array.isArray(copy), `${where} is a list`)
    const [first] = recorded as unknown[]
    if (first === undefined) return
    assert.ok(copy.length > 0, `${where} is not empty`)
    copy.forEach((each, index) => {
      sameShape(each, first, `${where}[${index}]`)
    })
    return
  }
  if (typeof recorded === 'object' && recorded !== null) {
    assert.ok(typeof copy === 'object' && copy !== null, `${where} is an object`)
    assert.deepEqual(Object.keys(copy).sort(), Object.keys(recorded).sort(), `keys of ${where}`)
    for (const [key, value] of Object.entries(recorded)) {
      sameShape((copy as Record<string, unknown>)[key], value, `${where}.${key}`)
    }
    return
  }
  assert.equal(typeof copy, typeof recorded, `${where} is of the same kind`)
}

/** Every header of the recorded answer is there, but for those of the connection. */
export function sameHeaders(copy: Headers, recorded: Readonly<Record<string, string>>): void {
  const ofConnection = new Set(['connection', 'content-length', 'date', 'keep-alive'])
  for (const name of Object.keys(recorded)) {
    if (!ofConnection.has(name.toLowerCase())) assert.ok(copy.has(name), `header ${name}`)
  }
}
