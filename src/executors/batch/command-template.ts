import { err, ok, type Result } from '../../../store/index.ts'
import { shellWord } from '../../core/shell-word.ts'

/**
 * Checks a command with placeholders such as `{id}`. One in quotes would break what these hold together, since the value
 * brings its own.
 */
export function templateProblem(template: string, known: readonly string[]): string | undefined {
  let quote: string | undefined
  for (let at = 0; at < template.length; at++) {
    const char = template[at]
    if (char === '\\' && quote !== "'") {
      at += 1
      continue
    }
    if (char === quote) quote = undefined
    else if (quote === undefined && (char === "'" || char === '"')) quote = char
    const name = /^\{([a-z]+)\}/.exec(template.slice(at))?.[1]
    if (name === undefined) continue
    if (!known.includes(name)) {
      if (quote === undefined)
        return `it has no value for {${name}} (valid: ${known.map((one) => `{${one}}`).join(', ')})`
    } else if (quote !== undefined) return `write {${name}} without quotes around it: it is quoted where it needs that`
  }
  return quote === undefined ? undefined : `its quote ${quote} is not closed`
}

/** Fills a command's placeholders; each value becomes one word, and a list as many. */
export function filled(
  template: string,
  values: Readonly<Record<string, string | readonly string[]>>,
): Result<string, string> {
  const problem = templateProblem(template, Object.keys(values))
  if (problem !== undefined) return err(problem)
  const text = template.replaceAll(/\{([a-z]+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) return whole
    return typeof value === 'string' ? shellWord(value) : value.map(shellWord).join(' ')
  })
  return ok(text)
}
