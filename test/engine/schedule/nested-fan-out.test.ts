import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type Bindings,
  buildGraph,
  definePipeline,
  defineStage,
  json,
  many,
  optional,
} from '../../../src/core/index.ts'
import { jobStatus, planRun } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const Song = z.object({ id: z.string(), parts: z.array(z.string()) })
type Song = z.infer<typeof Song>

/** Gives the songs that its params say. */
const songs = defineStage({
  name: 'songs',
  version: 1,
  inputs: {},
  params: z.object({ songs: z.array(Song) }),
  outputs: { songs: json(z.array(Song)), some: json(z.boolean()) },
  run: ({ params }) => ({ songs: params.songs, some: params.songs.length > 0 }),
})
const parts = defineStage({
  name: 'parts',
  version: 1,
  inputs: { song: json(Song) },
  params: z.object({}),
  outputs: { parts: json(z.array(z.string())), isLong: json(z.boolean()) },
  run: ({ inputs }) => ({ parts: inputs.song.parts, isLong: inputs.song.parts.length > 1 }),
})
const label = defineStage({
  name: 'label',
  version: 1,
  inputs: { part: optional(json(z.string())) },
  params: z.object({ with: z.string().default('') }),
  outputs: { text: json(z.string()) },
  run: ({ inputs, params }) => ({ text: `${inputs.part ?? ''}${params.with}` }),
})
const join = defineStage({
  name: 'join',
  version: 1,
  inputs: { texts: many(json(z.string())), of: optional(json(Song)) },
  params: z.object({}),
  outputs: { text: json(z.string()) },
  run: ({ inputs }) => ({ text: `${inputs.of?.id ?? ''}(${inputs.texts.join(' ')})` }),
})

const song = (id: string, ...names: string[]): Song => ({ id, parts: names })
const two = [song('hey', 'verse', 'chorus'), song('jude', 'verse')]
const params = z.object({ songs: z.array(Song), languages: z.array(z.string()).default(['es', 'fr']) })

/** A fan-out over a computed list inside one over a computed list; each level is gathered. */
const computedInComputed = definePipeline({
  name: 'computed-in-computed',
  inputs: {},
  params,
  build({ step, each, params: { songs: wanted } }) {
    const made = step(songs, {}, { params: { songs: wanted } })
    const { texts, lines } = each(made.songs, (item) => {
      const inner = each(step(parts, { song: item }).parts, (part) => step(label, { part }))
      return { texts: step(join, { texts: inner.text, of: item }).text, lines: inner.text }
    })
    return { all: step(join, { texts }, { id: 'all' }).text, texts, lines }
  },
})

/** A fan-out over a known list inside one over a computed list. */
const knownInComputed = definePipeline({
  name: 'known-in-computed',
  inputs: {},
  params,
  build({ step, each, params: { songs: wanted, languages } }) {
    const made = step(songs, {}, { params: { songs: wanted } })
    const texts = each(made.songs, (item) => {
      const { parts: names } = step(parts, { song: item })
      const inner = each(languages, (to) =>
        step(label, { part: step(label, {}, { id: `name` }).text }, { params: { with: to } }),
      )
      return { text: step(join, { texts: inner.text, of: item }).text, names }
    })
    return { texts: texts.text }
  },
})

/** A fan-out over a computed list inside one over a known list. */
const computedInKnown = definePipeline({
  name: 'computed-in-known',
  inputs: {},
  params,
  build({ step, each, params: { songs: wanted, languages } }) {
    const texts = each(languages, (to) => {
      const made = step(songs, {}, { params: { songs: wanted } })
      return each(made.songs, (item) => {
        const { isLong } = step(parts, { song: item })
        return step(label, {}, { params: { with: to }, when: isLong })
      })
    })
    return { all: step(join, { texts: texts.text }).text, texts: texts.text }
  },
})

function valuesOf(output: unknown): unknown {
  return Array.isArray(output) ? output.map(({ value }: { value: unknown }) => value) : output
}

describe('a fan-out inside a fan-out', () => {
  it('over a computed list in a computed one gathers in order at each level, and runs only what changed', async () => {
    const { run, jobDir } = await createWorkbench()
    const first = await run(computedInComputed, { params: { songs: two } })
    expect(first.result.failure).toBeUndefined()
    expect(first.result.outputs.all).toMatchObject({ value: '(hey(verse chorus) jude(verse))' })
    expect(valuesOf(first.result.outputs.lines)).toEqual(['verse', 'chorus', 'verse'])
    expect(first.executed).toEqual(
      [
        'all',
        'join/hey',
        'join/jude',
        'label/hey/chorus',
        'label/hey/verse',
        'parts/hey',
        'parts/jude',
        'songs',
      ].toSorted(),
    )
    // Of the two steps with one action, one computes it and the other is served.
    expect(first.cached).toEqual(['label/jude/verse'])
    expect(readdirSync(`${jobDir}/03_label/hey`).toSorted()).toEqual(['chorus', 'verse'])
    const changed = [song('yesterday', 'bridge'), song('jude', 'verse'), song('hey', 'intro', 'verse', 'chorus')]
    const second = await run(computedInComputed, { params: { songs: changed } })
    expect(second.result.outputs.all).toMatchObject({
      value: '(yesterday(bridge) jude(verse) hey(intro verse chorus))',
    })
    expect(second.executed).toEqual(
      [
        'all',
        'join/hey',
        'join/yesterday',
        'label/hey/intro',
        'label/yesterday/bridge',
        'parts/hey',
        'parts/yesterday',
        'songs',
      ].toSorted(),
    )
    const third = await run(computedInComputed, { params: { songs: changed } })
    expect(third.executed).toEqual([])
    expect(third.of('artifact_materialized')).toEqual([])
  })

  it('over a known list in a computed one has directories in the order of the nesting', async () => {
    const { run, jobDir } = await createWorkbench()
    const { result, executed } = await run(knownInComputed, { params: { songs: two } })
    expect(result.failure).toBeUndefined()
    expect(valuesOf(result.outputs.texts)).toEqual(['hey(es fr)', 'jude(es fr)'])
    expect(executed).toContain('name/hey/es')
    expect(executed).not.toContain('name/hey/fr')
    expect(readdirSync(`${jobDir}/04_label/jude`).toSorted()).toEqual(['es', 'fr'])
  })

  it('over a computed list in a known one decides its conditions item by item', async () => {
    const { run } = await createWorkbench()
    const { result, of, executed } = await run(computedInKnown, { params: { songs: two } })
    expect(valuesOf(result.outputs.texts)).toEqual(['es', 'fr'])
    expect(executed).toContain('label/fr/hey')
    const skipped = of('stage_skipped').flatMap(({ stage, because }) => (because === 'condition' ? [stage] : []))
    expect(skipped.toSorted()).toEqual(['label/es/jude', 'label/fr/jude'])
    const onlyLast = await run(computedInKnown, { params: { songs: two, languages: ['de', 'fr'] } })
    expect(onlyLast.executed).toEqual(['join', 'label/de/hey'])
  })

  it('over no items is nothing, at either level', async () => {
    const { run, jobDir } = await createWorkbench()
    const empty = await run(computedInComputed, { params: { songs: [song('hey'), song('jude', 'verse')] } })
    expect(empty.result.outputs.all).toMatchObject({ value: '(hey() jude(verse))' })
    const none = await run(computedInComputed, { params: { songs: [] } })
    expect(none.result.outputs).toMatchObject({ all: { value: '()' }, texts: [], lines: [] })
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value.steps.map(({ step }) => step)).not.toContain('label/*/*')
  })

  it('is skipped as a whole where the inner list is not made, and only there', async () => {
    const { run } = await createWorkbench()
    const refuse = defineStage({
      ...parts,
      name: 'refuse',
      run: ({ inputs, fail }) => (inputs.song.id === 'jude' ? fail('no') : { parts: inputs.song.parts, isLong: true }),
    })
    const pipeline = definePipeline({
      name: 'refusing',
      inputs: {},
      params,
      build({ step, each, params: { songs: wanted } }) {
        const made = step(songs, {}, { params: { songs: wanted } })
        return each(made.songs, (item) => each(step(refuse, { song: item }).parts, (part) => step(label, { part })))
      },
    })
    const { result, of, executed } = await run(pipeline, { params: { songs: two }, keepGoing: true })
    expect(executed).toEqual(['label/hey/chorus', 'label/hey/verse', 'refuse/hey', 'refuse/jude', 'songs'])
    expect(of('stage_skipped').map(({ stage, upstream }) => [stage, upstream])).toEqual([
      ['label/jude/*', 'refuse/jude'],
    ])
    expect(result.failedSteps).toEqual(['refuse/jude'])
  })
})

describe('what is told of a fan-out inside a fan-out', () => {
  it('stands in the order of the lists: the plan, and the status with an estimate for each item', async () => {
    const { run, jobDir, store } = await createWorkbench()
    const before = { pipeline: computedInComputed, inputs: {}, jobDir, store, device: 'cpu' } as const
    const unknown = await planRun({ ...before, params: { songs: two } })
    expect(unknown.ok && unknown.value.map(({ step, kind }) => [step, kind])).toEqual([
      ['songs', 'miss'],
      ['parts/*', 'unknown'],
      ['label/*/*', 'unknown'],
      ['join/*', 'unknown'],
      ['all', 'unknown'],
    ])
    await run(computedInComputed, { params: { songs: two } })
    const turned = await planRun({ ...before, params: { songs: two.toReversed() } })
    expect(turned.ok && turned.value.map(({ step, kind }) => [step, kind])).toEqual([
      ['songs', 'miss'],
      ['parts/*', 'unknown'],
      ['label/*/*', 'unknown'],
      ['join/*', 'unknown'],
      ['all', 'unknown'],
    ])
    const known = await planRun({ ...before, params: { songs: two } })
    const all = ['songs', 'parts/hey', 'parts/jude', 'label/hey/verse', 'label/hey/chorus', 'label/jude/verse']
    expect(known.ok && known.value.map(({ step, kind }) => [step, kind])).toEqual(
      [...all, 'join/hey', 'join/jude', 'all'].map((step) => [step, 'hit']),
    )
    const graph = buildGraph(computedInComputed, { songs: two })
    if (!graph.ok) throw new Error('the graph is right')
    const steps = graph.value.steps.map(({ id }) => id)
    const status = await jobStatus(jobDir, { steps, estimate: { graph: graph.value, store } })
    expect(status.ok && status.value.steps.map(({ step, state }) => [step, state]).toSorted()).toEqual(
      [...all, 'join/hey', 'join/jude', 'all'].map((step) => [step, 'done']).toSorted(),
    )
    expect(status.ok && status.value.left).toEqual({ steps: 0, durationMs: 0, unknown: [] })
  })

  it('is estimated item by item once the items are known', async () => {
    const { run, jobDir, store } = await createWorkbench()
    await run(computedInComputed, { params: { songs: two }, selection: { to: 'parts' } })
    const graph = buildGraph(computedInComputed, { songs: two })
    if (!graph.ok) throw new Error('the graph is right')
    const steps = graph.value.steps.map(({ id }) => id)
    store.ledger.durations.record('join', 'cpu', { durationMs: 700, inputBytes: 0 })
    const status = await jobStatus(jobDir, { steps, estimate: { graph: graph.value, store } })
    expect(status.ok && status.value.left).toEqual({ steps: 3, durationMs: 700, unknown: ['label/*/*', 'join/*'] })
  })
})

describe('an artifact of a fan-out', () => {
  it('is used outside of it only as what the fan-out returns', () => {
    const smuggled = definePipeline({
      name: 'smuggled',
      inputs: {},
      params: z.object({}),
      build({ step, each }) {
        const made = step(songs, {}, { params: { songs: [] } })
        const kept: Bindings<(typeof parts)['inputs']>[] = []
        each(made.songs, (item) => {
          kept.push({ song: item })
          return step(parts, { song: item }, { id: 'inside' })
        })
        for (const bindings of kept) step(parts, bindings)
        return {}
      },
    })
    const graph = buildGraph(smuggled, {})
    expect(graph.ok ? [] : graph.error).toEqual([
      { where: 'step parts', message: 'it uses an item outside its fan-out' },
    ])
  })
})
