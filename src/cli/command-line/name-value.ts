import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject, Result } from '../../../store/index.ts'
import { paramsOfTexts, takesList } from './param-text.ts'

/** Returns the values of repeated flags of this form, by name and in order. */
export function readNameValues(
  flag: string,
  texts: readonly string[],
  form = 'name=value',
): Result<ReadonlyMap<string, readonly string[]>, string> {
  const values = new Map<string, string[]>()
  for (const text of texts) {
    const equals = text.indexOf('=')
    if (equals <= 0) return { ok: false, error: `${flag} takes ${form}, not '${text}'` }
    const name = text.slice(0, equals)
    values.set(name, [...(values.get(name) ?? []), text.slice(equals + 1)])
  }
  return { ok: true, value: values }
}

/** Returns params as the pipeline's schema takes them. A list may be given at once (`to=es,ca`) or piece by piece. */
export function readParams(schema: StandardSchemaV1, texts: readonly string[]): Result<JsonObject, string> {
  // Reading the schema takes longer than everything else here.
  if (texts.length === 0) return { ok: true, value: {} }
  const named = readNameValues('-p', texts)
  if (!named.ok) return named
  for (const [name, values] of named.value) {
    if (values.length > 1 && !takesList(schema, name))
      return { ok: false, error: `the param '${name}' is given ${values.length} times; give it once` }
  }
  return { ok: true, value: paramsOfTexts(schema, named.value) }
}
