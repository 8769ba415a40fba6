/** A strict reader of the Common Event Format: what it takes, a collector takes; what it gives is what the writer meant. */
export function parseCef(line: string): { readonly header: string[]; readonly extensions: Record<string, string> } {
  if (/[\r\n]/.test(line)) throw new Error('a line of CEF holds no line end')
  const header: string[] = []
  let field = ''
  let at = 0
  for (; at < line.length && header.length < 7; at++) {
    const sign = line[at]
    if (sign === '\\') {
      at += 1
      if (line[at] !== '\\' && line[at] !== '|') throw new Error(`"\\${line[at]}" in the header`)
      field += line[at]
    } else if (sign === '|') {
      header.push(field)
      field = ''
    } else field += sign
  }
  if (header.length !== 7) throw new Error(`the header has ${header.length} fields`)
  return { header, extensions: extensionsOf(line.slice(at)) }
}

function extensionsOf(text: string): Record<string, string> {
  const extensions: Record<string, string> = {}
  // A value goes on until the next blank, name and unescaped equals sign.
  const member = /(?:^| )([A-Za-z0-9]+)=((?:\\[\\=nr]|[^\\=])*?)(?= [A-Za-z0-9]+=|$)/y
  while (member.lastIndex < text.length) {
    const at = member.lastIndex
    const [, name, value] = member.exec(text) ?? []
    if (name === undefined || value === undefined)
      throw new Error(`cannot be read from ${JSON.stringify(text.slice(at))} on`)
    if (Object.hasOwn(extensions, name)) throw new Error(`${name} stands there twice`)
    extensions[name] = value.replace(/\\([\\=nr])/g, (_, sign: string) => ({ n: '\n', r: '\r' })[sign] ?? sign)
  }
  return extensions
}
