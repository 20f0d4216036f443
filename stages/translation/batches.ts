import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { correctSpeech } from '../cues/corrections/correct-speech.ts'
import { TrackCorrections } from '../cues/corrections/corrections.ts'
import { termsIn } from '../glossary/find-terms.ts'
import { readGlossary, type Term } from '../glossary/glossary.ts'
import { languageParam } from '../languages/languages.ts'
import { described, schema, type ValueOf } from '../schema/schema.ts'
import { Transcript } from '../speech/transcript.ts'

const term = () => z.object({ term: z.string(), translation: z.string() })

const batchFields = () =>
  z.object({
    /** Its name among the batches of a film: what decides its translation, as a digest. */
    id: z.string(),
    /** Lines before and after it, which are not translated with it, so that the model knows what is spoken of. */
    before: z.array(z.string()),
    lines: z.array(z.string()),
    after: z.array(z.string()),
    terms: z.array(term()),
  })

/** Lines that are translated together, with those beside them and the terms that they hold. */
export const Batch = schema(batchFields)
export const Batches = schema(() => z.array(batchFields()))
export type Batch = ValueOf<typeof Batch>

const fewestLines = 5
const mostLines = 14
/** One line in so many ends a batch that is long enough. */
const endsOneIn = 5
const linesBefore = 3
const linesAfter = 2

/**
 * Returns where batches end. A batch ends where the text of its last line says so, so that a line that is added or left out
 * changes the batches near it, and not all that follow.
 */
export function batchEnds(lines: readonly string[]): readonly number[] {
  const ends: number[] = []
  let from = 0
  for (const [index, line] of lines.entries()) {
    const length = index + 1 - from
    const saysSo = Number.parseInt(digestOf([line]).slice(0, 4), 16) % endsOneIn === 0
    if (length < mostLines && (length < fewestLines || !saysSo)) continue
    ends.push(index + 1)
    from = index + 1
  }
  return from < lines.length ? [...ends, lines.length] : ends
}

/** Returns the batches of lines. The same batch twice has the same name once. */
export function batchesOf(lines: readonly string[], terms: readonly Term[]): readonly Batch[] {
  let from = 0
  return batchEnds(lines).map((to) => {
    const own = lines.slice(from, to)
    const batch = {
      before: lines.slice(Math.max(0, from - linesBefore), from),
      lines: own,
      after: lines.slice(to, to + linesAfter),
      terms: [...termsIn(own.join('\n'), terms)],
    }
    from = to
    return { id: digestOf([batch.before, batch.lines, batch.after, batch.terms]).slice(0, 12), ...batch }
  })
}

function digestOf(value: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/** Splits what is said into batches for a language model. */
export const splitBatches = defineStage({
  name: 'batches',
  version: 1,
  description:
    'Splits what is said into batches for a language model, with neighbouring lines and the terms of the glossary',
  inputs: { speech: json(Transcript), corrections: optional(json(TrackCorrections)), glossary: optional(file()) },
  params: schema(() => z.object({ to: described(languageParam(), 'the language to translate to') })),
  outputs: { batches: json(Batches) },
  async run({ inputs, params, fail }) {
    if (inputs.speech.language === params.to) return { batches: [] }
    const lines = correctSpeech(inputs.speech, inputs.corrections).map(({ text }) => text)
    const terms = await termsOf(inputs.glossary, params.to, fail)
    const byId = new Map(batchesOf(lines, terms).map((batch) => [batch.id, batch]))
    return { batches: [...byId.values()] }
  },
})

/** Reads a glossary, or fails with what is wrong with it; no terms without one. */
export async function termsOf(
  path: string | undefined,
  to: string,
  fail: (message: string) => never,
): Promise<readonly Term[]> {
  if (path === undefined) return []
  const glossary = await readGlossary(await readFile(path, 'utf8'), to)
  return glossary.ok ? glossary.value : fail(`the input 'glossary' cannot be read: ${glossary.error}`)
}
