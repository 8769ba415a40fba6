/**
 * What can be recognised in the code of a function node without running it. A hint for people at deploy, no proof: code
 * that hides what it does is taken for harmless.
 */
export interface CodeFindings {
  /** Sends from a callback, and has called `done` (by returning) before. */
  readonly sendsLater: boolean
  /** Sends an object of its own making, which carries no `_delivery`. */
  readonly buildsNewMessage: boolean
}

const COMMENTS = /\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*/g
const CALLBACK = /\b(?:setTimeout|setInterval|setImmediate)\s*\(|\.(?:then|on|once|addListener)\s*\(/
const KEEPS_TOKEN = /\.\.\.\s*\w|\b_delivery\b/

export function inspectFunctionCode(source: string): CodeFindings {
  const code = source.replace(COMMENTS, ' ')
  const sends = /\bnode\s*\.\s*send\s*\(/.test(code)
  const callsDone = /\bnode\s*\.\s*done\s*\(/.test(code)
  return { sendsLater: sends && !callsDone && CALLBACK.test(code), buildsNewMessage: buildsNewMessage(code) }
}

function buildsNewMessage(code: string): boolean {
  // return {…}, return [{…}], return [[{…}, node.send({…}
  for (const { index, 0: opening } of code.matchAll(/(?:\breturn\b|\bnode\s*\.\s*send\s*\()\s*[[\s]*\{/g)) {
    if (!KEEPS_TOKEN.test(literalAt(code, index + opening.length - 1))) return true
  }
  for (const { 1: name } of code.matchAll(/(?:\breturn\b|\bnode\s*\.\s*send\s*\()\s*[[\s]*([A-Za-z_$][\w$]*)/g)) {
    if (name !== undefined && isOwnMaking(code, name)) return true
  }
  return false
}

/** The variable is given a literal object somewhere, and the token nowhere. */
function isOwnMaking(code: string, name: string): boolean {
  const variable = name.replaceAll('$', '\\$')
  if (new RegExp(`(?<![\\w$.])${variable}\\s*\\.\\s*_delivery\\b`).test(code)) return false
  for (const { index, 0: assignment } of code.matchAll(new RegExp(`(?<![\\w$.])${variable}\\s*=\\s*\\{`, 'g'))) {
    if (!KEEPS_TOKEN.test(literalAt(code, index + assignment.length - 1))) return true
  }
  return false
}

/** From the brace to its counterpart. */
function literalAt(code: string, brace: number): string {
  let depth = 0
  for (let i = brace; i < code.length; i += 1) {
    if (code[i] === '{') depth += 1
    else if (code[i] === '}') depth -= 1
    if (depth === 0) return code.slice(brace, i + 1)
  }
  return code.slice(brace)
}
