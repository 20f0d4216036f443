import { writeFileSync } from 'node:fs'
import { definePipeline, file, json, optional } from 'reprise'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { provideLanguageModel, Transcript, Translation } from '../../../stages/index.ts'
import { askBatch } from '../../../stages/translation/ask-batch.ts'
import { batchEnds, batchesOf, splitBatches } from '../../../stages/translation/batches.ts'
import { GlossaryReport, joinAnswers } from '../../../stages/translation/join-answers.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { startModelServer } from '../language-model/model-server.ts'
import { checked } from '../sample.ts'

const words = ['river', 'bridge', 'market', 'school', 'garden', 'castle', 'window', 'farmer', 'winter', 'music']
const lines = Array.from(
  { length: 60 },
  (_, at) => `Line ${at} is about the ${words[(at * 7) % 10]} and the ${words[(at * 3 + 1) % 10]}.`,
)

const speechOf = (texts: readonly string[]) => ({
  language: 'en',
  durationS: texts.length * 3,
  utterances: texts.map((text, at) => ({ text, startS: at * 3, endS: at * 3 + 2, words: [] })),
})

/** The part of `subtitles` that asks a language model. */
const pipeline = definePipeline({
  name: 'translation',
  inputs: { speech: json(Transcript), glossary: optional(file()) },
  params: z.object({ to: z.string().default('es') }),
  build({ step, each, inputs, params: { to } }) {
    const { batches } = step(splitBatches, inputs, { params: { to } })
    const { answer } = each(batches, (batch) => step(askBatch, { batch }, { params: { from: 'en', to } }))
    return step(joinAnswers, { ...inputs, answers: answer }, { params: { to } })
  },
})

describe('batches', () => {
  it('have all lines once, in order, of a size that a model can answer', () => {
    const batches = batchesOf(lines, [])
    expect(batches.flatMap((batch) => batch.lines)).toEqual(lines)
    expect(Math.max(...batches.map((batch) => batch.lines.length))).toBeLessThanOrEqual(14)
    expect(batches[1]?.before).toEqual(batches[0]?.lines.slice(-3))
    expect(batches[0]?.after).toEqual(batches[1]?.lines.slice(0, 2))
  })

  it('are the same ones away from a line that is added', () => {
    const more = [...lines.slice(0, 30), 'A line more.', ...lines.slice(30)]
    const [before, after] = [batchesOf(lines, []), batchesOf(more, [])]
    const kept = before.filter(({ id }) => after.some((batch) => batch.id === id))
    expect(before.length - kept.length).toBeLessThanOrEqual(3)
    expect(batchEnds([])).toEqual([])
  })

  it('are asked once; a term asks again only for the batches that hold it; offline, stored answers are used', async () => {
    const server = await startModelServer()
    const bench = await createWorkbench()
    const env = { REPRISE_LLM_ADDRESS: server.address, REPRISE_LLM_MODEL: 'tiny', REPRISE_LLM_KEY: 'sesame-open' }
    const services = provideLanguageModel(env)
    const speech = bench.path('speech.json')
    const glossary = bench.path('terms.csv')
    writeFileSync(speech, JSON.stringify(speechOf(lines)))
    const batches = batchesOf(lines, [])
    const inputs = { speech }

    const cold = await bench.run(pipeline, { inputs, services })
    expect(cold.result.failure).toBeUndefined()
    expect(server.asked).toHaveLength(batches.length)
    const { texts } = await translationIn(bench.path('job'))
    expect(texts).toEqual(lines.map((line) => line.toUpperCase()))
    expect((await bench.run(pipeline, { inputs, services })).executed).toEqual([])

    writeFileSync(glossary, 'term,translation\ncastle,CASTILLO\n')
    const withTerm = batches.filter((batch) => batch.lines.some((line) => line.includes('castle'))).length
    expect(withTerm).toBeLessThan(batches.length)
    const termed = await bench.run(pipeline, { inputs: { speech, glossary }, services })
    expect(termed.executed.filter((id) => id.startsWith('ask/'))).toHaveLength(withTerm)
    expect(server.asked).toHaveLength(batches.length + withTerm)
    const { texts: withCastles, terms } = await translationIn(bench.path('job'))
    expect(withCastles.join()).not.toContain('CASTLE')
    expect(terms).toEqual([{ term: 'castle', translation: 'CASTILLO', lines: 12, kept: 12, missedIn: [] }])

    // Another term that no line has changes no batch.
    writeFileSync(glossary, 'term,translation\ncastle,CASTILLO\nharbour,PUERTO\n')
    const unused = await bench.run(pipeline, { inputs: { speech, glossary }, services })
    expect(unused.executed.filter((id) => id.startsWith('ask/'))).toEqual([])

    const offline = provideLanguageModel({ REPRISE_LLM_MODEL: 'tiny' }, { offline: true })
    const replayed = await bench.run(pipeline, { inputs, services: offline })
    expect(replayed.result.failure).toBeUndefined()
    expect(replayed.executed).not.toContain(expect.stringContaining('ask/'))
    const missed = await bench.run(pipeline, { inputs, params: { to: 'fr' }, services: offline })
    expect(JSON.stringify(missed.result.failure)).toContain(
      'the run is offline and the answer of tiny is not in the store; run once without --offline',
    )
    const other = await bench.run(pipeline, {
      inputs,
      services: provideLanguageModel({ ...env, REPRISE_LLM_MODEL: 'big' }),
    })
    expect(other.executed.filter((id) => id.startsWith('ask/'))).toHaveLength(batches.length)
    expect(JSON.stringify([cold, termed, missed, other].map(({ events }) => events))).not.toMatch(/sesame|127\.0\.0\.1/)
  })

  it('say what has to be set', async () => {
    const bench = await createWorkbench()
    const speech = bench.path('speech.json')
    writeFileSync(speech, JSON.stringify(speechOf(lines.slice(0, 3))))
    const failureOf = async (env: Record<string, string>) =>
      JSON.stringify(
        (await bench.run(pipeline, { inputs: { speech }, services: provideLanguageModel(env) })).result.failure,
      )
    expect(await failureOf({})).toContain('set REPRISE_LLM_MODEL to the name of the model')
    expect(await failureOf({ REPRISE_LLM_MODEL: 'tiny' })).toContain(
      'set REPRISE_LLM_ADDRESS to the address of its API',
    )
  })
})

async function translationIn(job: string) {
  const { readFile } = await import('node:fs/promises')
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(`${job}/03_translate/${name}.json`, 'utf8'))
  return {
    texts: checked(Translation, await read('translation')).utterances.map(({ text }) => text),
    terms: checked(GlossaryReport, await read('terms')),
  }
}
