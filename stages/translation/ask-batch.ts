import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { hasTranslation, termsIn } from '../glossary/find-terms.ts'
import { askJson } from '../language-model/ask-json.ts'
import { keyedLanguageModel, type LanguageModel, languageModelKey } from '../language-model/language-model.ts'
import type { AskHost } from '../language-model/patiently.ts'
import { languageParam } from '../languages/languages.ts'
import { described, schema, type ValueOf } from '../schema/schema.ts'
import { SpokenLanguage } from '../speech/language/spoken-language.ts'
import { Batch } from './batches.ts'

/** A batch in another language. */
export const BatchAnswer = schema(() => z.object({ id: z.string(), lines: z.array(z.string()), tokens: z.number() }))
export type BatchAnswer = ValueOf<typeof BatchAnswer>

const Lines = z.object({ lines: z.array(z.object({ id: z.int(), text: z.string() })) })

const jsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['lines'],
  properties: {
    lines: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'text'],
        properties: { id: { type: 'integer' }, text: { type: 'string' } },
      },
    },
  },
}

export interface Languages {
  readonly from: string
  readonly to: string
  readonly temperature: number
}

/** Returns what the model is told. */
export function promptOf({ from, to }: Pick<Languages, 'from' | 'to'>): string {
  const name = (code: string) => new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code
  return [
    `You translate subtitles from ${name(from)} to ${name(to)}.`,
    'You are given JSON: "lines" are to be translated; "before" and "after" are the lines beside them, only to be understood.',
    'Answer with JSON alone: {"lines": [{"id": 1, "text": "..."}]}, with as many lines as you were given, with the same ids.',
    'Translate each line by itself: never join, split, leave out or add lines. Be short, as what is read must be.',
    'Use the terms of "glossary" as they stand there, inflected where the language asks for it; a term whose translation is the term itself stays as it is.',
  ].join('\n')
}

/** Translates lines; asks for halves where the model does not answer as asked. */
export async function translateLines(
  model: LanguageModel,
  batch: Omit<Batch, 'id'>,
  languages: Languages,
  host: AskHost,
): Promise<
  | { readonly ok: true; readonly lines: readonly string[]; readonly tokens: number }
  | { readonly ok: false; readonly error: string }
> {
  const { before, lines, after, terms } = batch
  if (lines.every((line) => line.trim() === '')) return { ok: true, lines: lines.map(() => ''), tokens: 0 }
  const given = {
    before,
    lines: lines.map((text, index) => ({ id: index + 1, text })),
    after,
    glossary: terms,
  }
  const asked = await askJson(
    model,
    {
      messages: [
        { role: 'system', content: promptOf(languages) },
        { role: 'user', content: JSON.stringify(given) },
      ],
      temperature: languages.temperature,
      schema: { name: 'subtitles', schema: jsonSchema },
      read: (answer) => readLines(answer, lines),
    },
    host,
  )
  if (asked.ok)
    return { ok: true, lines: await withTerms(model, batch, asked.value, languages, host), tokens: asked.tokens }
  if (asked.error.kind !== 'wrong') return { ok: false, error: asked.error.message }
  if (lines.length === 1)
    return { ok: false, error: `the language model does not translate '${lines[0]}': ${asked.error.message}` }
  const middle = Math.ceil(lines.length / 2)
  const [first, second] = [lines.slice(0, middle), lines.slice(middle)]
  host.log(`asking for ${lines.length} lines in two halves`)
  const near = termsFor(terms)
  const one = await translateLines(
    model,
    { before, lines: first, after: second.slice(0, 2), terms: near(first) },
    languages,
    host,
  )
  if (!one.ok) return one
  const two = await translateLines(
    model,
    { before: first.slice(-3), lines: second, after, terms: near(second) },
    languages,
    host,
  )
  return two.ok ? { ok: true, lines: [...one.lines, ...two.lines], tokens: one.tokens + two.tokens } : two
}

function termsFor(terms: Batch['terms']) {
  return (lines: readonly string[]) => [...termsIn(lines.join('\n'), terms)]
}

/** Asks once more for lines that lack a term of the glossary, one by one, and takes what is better. */
async function withTerms(
  model: LanguageModel,
  { before, lines, after, terms }: Omit<Batch, 'id'>,
  translated: readonly string[],
  languages: Languages,
  host: AskHost,
): Promise<readonly string[]> {
  const better = [...translated]
  for (const [index, line] of lines.entries()) {
    const missing = termsIn(line, terms).filter((term) => !hasTranslation(translated[index] ?? '', term))
    if (missing.length === 0) continue
    const named = missing.map(({ term, translation }) => `'${term}' as '${translation}'`).join(', ')
    host.log(`line ${index + 1} lacks ${named}; asking again for it`)
    const asked = await askJson(
      model,
      {
        messages: [
          { role: 'system', content: `${promptOf(languages)}\nTranslate ${named}.` },
          {
            role: 'user',
            content: JSON.stringify({
              before: [...before, ...lines.slice(0, index)].slice(-3),
              lines: [{ id: 1, text: line }],
              after: [...lines.slice(index + 1), ...after].slice(0, 2),
              glossary: termsIn(line, terms),
            }),
          },
        ],
        temperature: languages.temperature,
        schema: { name: 'subtitles', schema: jsonSchema },
        read: (answer) => readLines(answer, [line]),
      },
      host,
    )
    const [text] = asked.ok ? asked.value : []
    if (text !== undefined && missing.every((term) => hasTranslation(text, term))) better[index] = text
  }
  return better
}

function readLines(answer: unknown, sources: readonly string[]) {
  const read = Lines.safeParse(answer)
  if (!read.success) return { ok: false as const, error: 'it is not {"lines": [{"id": number, "text": string}]}' }
  const byId = new Map(read.data.lines.map(({ id, text }) => [id, text.replace(/\s+/g, ' ').trim()]))
  const count = read.data.lines.length
  if (count !== sources.length || byId.size !== count)
    return {
      ok: false as const,
      error: `it has ${count} lines with ${byId.size} ids, and ${sources.length} lines were given`,
    }
  const lines = sources.map((_, index) => byId.get(index + 1))
  const missing = lines.findIndex((text, index) => text === undefined || (text === '' && sources[index]?.trim() !== ''))
  if (missing >= 0) return { ok: false as const, error: `line ${missing + 1} is missing or empty` }
  return { ok: true as const, value: lines.map((text) => text ?? '') }
}

/** Returns the param of how much a model may vary. */
export function temperatureParam() {
  return {
    temperature: described(
      z._default(z.number().check(z.gte(0), z.lte(2)), 0),
      'how much a language model may vary, from 0 to 2',
    ),
  }
}

/** Translates a batch with a language model. */
export const askBatch = defineStage({
  name: 'ask',
  version: 1,
  description: 'Translates a batch with a language model: as many lines as were given, with the terms of the glossary',
  inputs: { batch: json(Batch), spoken: optional(json(SpokenLanguage)) },
  params: schema(() =>
    z.object({
      from: described(z.optional(languageParam()), 'the language that is spoken; by default the one that was found'),
      to: described(languageParam(), 'the language to translate to'),
      ...temperatureParam(),
    }),
  ),
  outputs: { answer: json(BatchAnswer) },
  services: { model: keyedLanguageModel, key: languageModelKey },
  resources: { pool: 'io' },
  deterministic: false,
  async run({ inputs, params, services, signal, log, fail }) {
    const { id, ...batch } = inputs.batch
    const { to, temperature, from = inputs.spoken?.language } = params
    if (from === undefined) return fail('the spoken language is needed: the param from, or the input spoken')
    const made = await translateLines(services.model, batch, { from, to, temperature }, { signal, log })
    if (!made.ok) return fail(made.error)
    return { answer: { id, lines: [...made.lines], tokens: made.tokens } }
  },
})
