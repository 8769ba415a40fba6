type Value = string | number | boolean
/** Options by section; a list gives the same option several times, which oslo.config reads as a list. */
export type Ini = Readonly<Record<string, Readonly<Record<string, Value | readonly Value[]>>>>

/** The text of an INI file as oslo.config and the audit middleware read it. */
export function ini(sections: Ini): string {
  const lines = Object.entries(sections).flatMap(([section, options]) => [
    `[${section}]`,
    ...Object.entries(options).flatMap(([name, value]) => [value].flat().map((one) => `${name} = ${one}`)),
  ])
  return `${lines.join('\n')}\n`
}
