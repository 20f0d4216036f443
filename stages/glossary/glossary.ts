import * as z from 'zod/mini'

/** A term, and what it is in another language. */
export interface Term {
  readonly term: string
  /** The term itself, where it is kept as it is. */
  readonly translation: string
}

export type ReadGlossary =
  | { readonly ok: true; readonly value: readonly Term[] }
  | { readonly ok: false; readonly error: string }

const text = () => z.pipe(z.union([z.string(), z.number()]), z.transform(String))
const Entry = z.union([text(), z.record(z.string(), z.union([text(), z.boolean(), z.null()]))])
const Yaml = z.union([z.array(Entry), z.record(z.string(), z.union([text(), z.null()]))])

/** Columns, and fields of YAML, that are no language. */
const termNames = ['term', 'source', 'from']
const translationNames = ['translation', 'target', 'to']

/**
 * Reads a glossary for a language (ISO 639) from CSV or YAML. CSV has a head: `term,translation`, or `term` and a column a
 * language. YAML is a list of terms with `term` and `translation` or a field a language, or a map from term to
 * translation. A term without a translation is kept as it is.
 */
export async function readGlossary(content: string, language: string): Promise<ReadGlossary> {
  const clean = content.replace(/^\ufeff/, '')
  const [head = ''] = clean.split(/\r?\n/, 1)
  return /^"?(?:term|source|from)"?[,;\t]|^"?(?:term|source|from)"?\s*$/i.test(head.trim())
    ? termsInCsv(clean, language)
    : await termsInYaml(clean, language)
}

function termsInCsv(content: string, language: string): ReadGlossary {
  const [first = ''] = content.split(/\r?\n/, 1)
  const separator = [';', '\t'].find((one) => first.includes(one)) ?? ','
  const [head = [], ...rows] = csvRows(content, separator)
  const names = head.map((name) => name.trim().toLowerCase())
  const termAt = names.findIndex((name) => termNames.includes(name))
  const ownAt = names.indexOf(language)
  const translationAt = ownAt >= 0 ? ownAt : names.findIndex((name) => translationNames.includes(name))
  return distinct(rows.map((row) => ({ term: row[termAt] ?? '', translation: row[translationAt] ?? '' })))
}

/** Returns the rows of CSV (RFC 4180), with any separator. */
export function csvRows(content: string, separator: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  let field = ''
  let isQuoted = false
  for (let at = 0; at < content.length; at += 1) {
    const character = content[at] ?? ''
    if (isQuoted) {
      if (character !== '"') field += character
      else if (content[at + 1] === '"') {
        field += '"'
        at += 1
      } else isQuoted = false
    } else if (character === '"' && field === '') isQuoted = true
    else if (character === separator) {
      row.push(field)
      field = ''
    } else if (character === '\n') {
      rows.push([...row, field])
      row = []
      field = ''
    } else if (character !== '\r') field += character
  }
  if (field !== '' || row.length > 0) rows.push([...row, field])
  return rows.filter((fields) => fields.some((value) => value.trim() !== ''))
}

async function termsInYaml(content: string, language: string): Promise<ReadGlossary> {
  const { parse } = await import('yaml')
  let value: unknown
  try {
    value = parse(content, { maxAliasCount: 0 })
  } catch (error) {
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { ok: false, error: `it is neither CSV with a head 'term,translation' nor YAML: ${message}` }
  }
  if (value === null || value === undefined) return { ok: true, value: [] }
  const checked = Yaml.safeParse(value)
  if (!checked.success)
    return { ok: false, error: "it has to be CSV with a head 'term,translation', or YAML with a list of terms" }
  if (!Array.isArray(checked.data))
    return distinct(
      Object.entries(checked.data).map(([term, translation]) => ({ term, translation: translation ?? '' })),
    )
  return distinct(
    checked.data.map((entry) => {
      if (typeof entry === 'string') return { term: entry, translation: '' }
      const field = (names: readonly string[]) => {
        const found = names.map((name) => entry[name]).find((one) => typeof one === 'string')
        return typeof found === 'string' ? found : ''
      }
      return { term: field(termNames), translation: field([language, ...translationNames]) }
    }),
  )
}

function distinct(terms: readonly Term[]): ReadGlossary {
  const trimmed = terms.map(({ term, translation }, index) => ({
    term: term.trim(),
    translation: translation.trim() === '' ? term.trim() : translation.trim(),
    index,
  }))
  const empty = trimmed.find(({ term }) => term === '')
  if (empty !== undefined) return { ok: false, error: `its entry ${empty.index + 1} has no term` }
  return {
    ok: true,
    value: [...new Map(trimmed.map(({ term, translation }) => [term, { term, translation }])).values()],
  }
}
