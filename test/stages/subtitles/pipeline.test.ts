import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readParams } from '../../../src/cli/command-line/name-value.ts'
import { buildGraph, type Graph, paramDocs, type Step, upstreamOf } from '../../../src/core/index.ts'
import { shippedPipelines, subtitles } from '../../../stages/index.ts'
import { installedSources } from '../../../stages/tools/apertium.ts'

/** What is installed chooses the language and the recognizer: here, nothing is. */
const noModels = mkdtempSync(join(tmpdir(), 'reprise-no-models-'))
beforeAll(() => vi.stubEnv('REPRISE_MODELS', noModels))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(noModels, { recursive: true })
})

function graphOf(params: object): Graph {
  const graph = buildGraph(subtitles, params)
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  return graph.value
}

const steps = (params: object): readonly Step[] => graphOf(params).steps

function problems(params: object): string[] {
  const graph = buildGraph(subtitles, params)
  return graph.ok ? [] : graph.error.map(({ where, message }) => `${where}: ${message}`)
}

const paramsOf = (id: string, params: object) => steps(params).find((step) => step.id === id)?.params

describe('the pipeline subtitles', () => {
  it('ships', async () => {
    expect(await shippedPipelines.get('subtitles')?.()).toBe(subtitles)
  })

  it('has every step in its example', () => {
    const ids = ['demux', 'segment', 'recognize/*', 'stitch', 'translate/es', 'subtitles', 'mux', 'check']
    expect(steps(subtitles.example ?? {}).map(({ id }) => id)).toEqual(ids)
  })

  it('translates once to each language, however it is written, in the order that was asked for', () => {
    const ids = steps({ to: ['fr', 'spa', 'fre', 'es'] }).map(({ id }) => id)
    expect(ids.filter((id) => id.startsWith('translate'))).toEqual(['translate/fr', 'translate/es'])
    expect(paramsOf('translate/es', { to: ['spa'] })).toEqual(paramsOf('translate/es', { to: ['es'] }))
  })

  it('translates nothing by default', () => {
    expect(steps({}).map(({ id }) => id)).toEqual([
      'demux',
      'segment',
      'recognize/*',
      'stitch',
      'subtitles',
      'mux',
      'check',
    ])
    const atOnce = ['demux', 'recognize', 'align', 'subtitles', 'mux', 'check']
    expect(steps({ segments: 'off' }).map(({ id }) => id)).toEqual(atOnce)
  })

  it('translates a language that is found from each that is installed, and refuses the others before it recognizes', () => {
    const auto = { language: 'auto', to: ['es'] }
    const placed = steps(auto)
    const translations = placed.filter(({ id }) => id.startsWith('translate/'))
    expect(translations.map(({ id }) => id)).toEqual(installedSources('es').map((from) => `translate/es-from-${from}`))
    expect(paramsOf('translate/es-from-en', auto)).toMatchObject({ from: 'en', to: 'es' })
    expect(
      placed.every(({ id, condition }) => (condition !== undefined) === /^(translate|refuse|spoken)/.test(id)),
    ).toBe(true)
    const refusal = placed.find(({ id }) => id === 'refuse-translation/es')
    expect(refusal === undefined ? [] : upstreamOf(graphOf(auto), refusal)).toEqual(['find-language'])
    const byModel = steps({ ...auto, translator: 'llm' }).map(({ id }) => id)
    expect(byModel.filter((id) => id.includes('/es'))).toEqual(['batches/es', 'ask/es/*', 'translate/es'])
  })

  it('gives a step only the params that change its outputs', () => {
    const [plain, changed] = [{ to: ['es'] }, { to: ['es'], maxLineChars: 30, quality: 30, cueGapS: 0.2 }]
    for (const id of ['demux', 'recognize/*', 'translate/es'])
      expect(paramsOf(id, changed)).toEqual(paramsOf(id, plain))
    expect(paramsOf('subtitles', changed)).toMatchObject({ maxLineChars: 30 })
    expect(paramsOf('mux', changed)).toMatchObject({ quality: 30 })
    const house = { to: ['es'], profile: 'netflix' }
    for (const id of ['demux', 'recognize/*', 'translate/es', 'mux'])
      expect(paramsOf(id, house)).toEqual(paramsOf(id, plain))
    expect(steps({ strict: true }).map(({ id }) => id)).toEqual([...steps({}).map(({ id }) => id), 'within-profile'])
    expect(paramsOf('demux', { clipStartS: 3, clipEndS: 5 })).toEqual({ clipStartS: 3, clipEndS: 5, language: 'en' })
  })

  it.each([
    [{ clipStartS: 5, clipEndS: 5 }, 'clipEndS: the clip must end after it starts'],
    [{ to: ['es', 'eng'] }, 'to: the film is in one of these languages already'],
    [{ to: ['xx'] }, "to.0: 'xx' is not a language"],
    [{ language: 'fr', recognizer: 'pocketsphinx' }, 'language: pocketsphinx has no model for fr; it has: en'],
    [{ language: 'fr', recognizer: 'whisper-tiny.en' }, 'language: whisper-tiny.en has no model for fr; it has: en'],
    [
      { language: 'auto', recognizer: 'whisper-tiny.en' },
      'language: whisper-tiny.en knows no language but en: language=auto needs a model of many languages, such as whisper-base',
    ],
    [{ language: 'tlh' }, 'language: no recognizer has a model for tlh'],
    [{ recognizer: 'siri' }, 'recognizer: '],
    [{ maxLineChars: 5 }, 'maxLineChars: '],
    [{ minCueS: 5, maxCueS: 2 }, 'maxCueS: '],
    [{ maxLineChar: 32 }, "maxLineChar: unknown param: did you mean 'maxLineChars'?"],
  ])('refuses %j', (params, problem) => {
    expect(problems(params)).toEqual([expect.stringContaining(problem)])
  })

  it('describes every param, and takes it as it is written on a command line', () => {
    const docs = paramDocs(subtitles.params) ?? []
    for (const { name, description } of docs) expect(description, name).toBeTruthy()
    const defaults = docs.flatMap((doc) => ('default' in doc ? [[doc.name, doc.default]] : []))
    expect(defaults).toEqual(
      expect.arrayContaining([
        ['to', []],
        ['translator', 'apertium'],
        ['profile', 'plain'],
      ]),
    )
    expect(readParams(subtitles.params, ['to=es,fr', 'clipStartS=3', 'maxLineChars=32'])).toEqual({
      ok: true,
      value: { to: ['es', 'fr'], clipStartS: 3, maxLineChars: 32 },
    })
  })
})
