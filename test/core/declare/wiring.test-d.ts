import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { file, json, many, optional } from '../../../src/core/declare/artifact.ts'
import type { BindingHints, NameHint, PresenceHint } from '../../../src/core/declare/binding.ts'
import { definePipeline } from '../../../src/core/declare/pipeline.ts'
import {
  type ArtifactRef,
  constant,
  files,
  type GatheredRef,
  present,
  select,
} from '../../../src/core/declare/reference.ts'
import { defineStage } from '../../../src/core/declare/stage.ts'
import type { NamedItem, SettledItem } from '../../../src/core/declare/stage-context.ts'
import { lastsAsLong } from '../../../stages/contracts/lasts-as-long.ts'

const Speech = z.object({ words: z.array(z.string()) })
type Speech = z.infer<typeof Speech>

const demux = defineStage({
  name: 'demux',
  version: 1,
  inputs: { video: 'file' },
  params: z.object({ sampleRateHz: z.number().default(16_000), clipStartS: z.number().optional() }),
  outputs: { audio: 'audio.wav', frames: 'frames/' },
  contracts: [
    lastsAsLong({ output: 'audio', input: 'video', toleranceS: 1 }),
    {
      name: 'typed by inputs, params and outputs',
      check({ inputs, params, outputs }) {
        expectTypeOf(inputs.video).toEqualTypeOf<string>()
        expectTypeOf(params.sampleRateHz).toEqualTypeOf<number>()
        expectTypeOf(outputs).toEqualTypeOf<{ readonly audio: string; readonly frames: string }>()
        return undefined
      },
    },
  ],
  run({ inputs, params, outputs }) {
    expectTypeOf(inputs.video).toEqualTypeOf<string>()
    expectTypeOf(params.sampleRateHz).toEqualTypeOf<number>()
    expectTypeOf(outputs.audio).toEqualTypeOf<string>()
  },
})
const recognize = defineStage({
  name: 'recognize',
  version: 1,
  inputs: { audio: 'file' },
  params: z.object({ language: z.string() }),
  outputs: { speech: json(Speech), hasLyrics: json(z.boolean()) },
  contracts: [
    {
      name: 'values of JSON outputs',
      check: ({ outputs }) => {
        expectTypeOf(outputs.speech).toEqualTypeOf<Speech>()
        return undefined
      },
    },
  ],
  run: () => ({ speech: { words: [] }, hasLyrics: true }),
})
const ofAnotherStage = lastsAsLong({ output: 'audio', input: 'film', toleranceS: 1 })
defineStage({
  ...demux,
  // @ts-expect-error the stage has no input of the contract's name
  contracts: [ofAnotherStage],
})
const collect = defineStage({
  name: 'collect',
  version: 1,
  inputs: { speeches: many(json(Speech)), cover: optional(file()) },
  params: z.object({}),
  outputs: { all: 'all/' },
  run({ inputs }) {
    expectTypeOf(inputs.speeches).toEqualTypeOf<readonly Speech[]>()
  },
})
const cut = defineStage({
  name: 'cut',
  version: 1,
  inputs: { speech: json(Speech) },
  params: z.object({}),
  outputs: { words: json(z.array(z.string())) },
  run: () => ({ words: [] }),
})
const spell = defineStage({
  name: 'spell',
  version: 1,
  inputs: { word: json(z.string()) },
  params: z.object({}),
  outputs: { letters: json(z.array(z.string())), speech: json(Speech) },
  run: () => ({ letters: [], speech: { words: [] } }),
})

describe('wiring', () => {
  it('compiles where kinds agree, and only there', () => {
    definePipeline({
      name: 'typed',
      inputs: { video: 'file' },
      params: z.object({ languages: z.array(z.string()).default([]) }),
      build({ step, each, inputs, params }) {
        const { audio, frames } = step(demux, { video: inputs.video })
        // @ts-expect-error a tree is no file
        step(recognize, { audio: frames }, { params: { language: 'en' } })
        // @ts-expect-error there is no such output
        step(recognize, { audio: step(demux, { video: inputs.video }).sound }, { params: { language: 'en' } })
        // @ts-expect-error a required param is missing
        step(recognize, { audio })
        // @ts-expect-error a required input is missing
        step(demux, {})
        const speeches = each(params.languages, (language) => step(recognize, { audio }, { params: { language } }))
        const { hasLyrics } = step(recognize, { audio }, { id: 'again', params: { language: 'en' } })
        const maybe = step(demux, { video: inputs.video }, { id: 'more', when: hasLyrics })
        // @ts-expect-error what may be absent cannot be required
        step(recognize, { audio: maybe.audio }, { params: { language: 'en' } })
        // @ts-expect-error one artifact is not several
        step(collect, { speeches: hasLyrics })
        return step(collect, { speeches: speeches.speech, cover: maybe.audio })
      },
    })
  })

  it('compiles where a fan-out is inside another, and gathers what the inner one returns', () => {
    definePipeline({
      name: 'nested',
      inputs: { video: 'file' },
      params: z.object({ languages: z.array(z.string()).default([]) }),
      build({ step, each, inputs, params }) {
        const { speech } = step(
          recognize,
          { audio: step(demux, { video: inputs.video }).audio },
          { params: { language: 'en' } },
        )
        const { words } = step(cut, { speech })
        const known = each(params.languages, (language) => {
          const inner = each(words, (word) => {
            expectTypeOf(word).toEqualTypeOf<ArtifactRef<'json', string, 'always'>>()
            return step(spell, { word }, { id: `spell-${language}` })
          })
          expectTypeOf(inner.speech).toEqualTypeOf<GatheredRef<'json', Speech>>()
          const { all } = step(collect, { speeches: inner.speech })
          return { all, speech: inner.speech }
        })
        const computed = each(words, (word) =>
          each(step(spell, { word }).letters, (letter) => step(spell, { word: letter })),
        )
        expectTypeOf(computed.speech).toEqualTypeOf<GatheredRef<'json', Speech>>()
        // @ts-expect-error gathered artifacts are not one
        step(cut, { speech: computed.speech })
        // @ts-expect-error a fan-out is over a list, and not over gathered trees
        each(known.all, () => ({}))
        return step(collect, { speeches: known.speech })
      },
    })
  })

  it('compiles over files, where what is wired agrees', () => {
    const named = defineStage({
      name: 'named',
      version: 1,
      inputs: {
        parts: many(file(), { named: true }),
        speeches: many(json(Speech), { settled: true }),
      },
      params: z.object({}),
      outputs: {},
      run({ inputs }) {
        expectTypeOf(inputs.parts).toEqualTypeOf<readonly NamedItem<string>[]>()
        expectTypeOf(inputs.speeches).toEqualTypeOf<readonly SettledItem<Speech>[]>()
        for (const { item, value, failure } of inputs.speeches) {
          expectTypeOf(item).toEqualTypeOf<string>()
          if (failure === undefined) expectTypeOf(value).toEqualTypeOf<Speech>()
          else expectTypeOf(failure.message).toEqualTypeOf<string>()
        }
      },
    })
    definePipeline({
      name: 'over-files',
      inputs: { folder: 'tree', video: 'file', takes: many(file()) },
      params: z.object({}),
      build({ step, each, inputs }) {
        const made = each(files(inputs.folder, '**/*.mp4'), ({ file, path }) => {
          expectTypeOf(file).toEqualTypeOf<ArtifactRef<'file', string, 'always'>>()
          expectTypeOf(path).toEqualTypeOf<ArtifactRef<'json', string, 'always'>>()
          const { audio } = step(demux, { video: file })
          // @ts-expect-error a path is no file
          step(demux, { video: path }, { id: 'wrong' })
          return { audio, ...step(recognize, { audio }, { params: { language: 'en' } }) }
        })
        each(files(inputs.takes), ({ file }) => step(demux, { video: file }))
        // @ts-expect-error a file has no files
        files(inputs.video)
        return step(named, { parts: made.audio, speeches: made.speech })
      },
    })
    definePipeline({
      name: 'settled-input',
      // @ts-expect-error an input of a pipeline cannot be settled
      inputs: { takes: many(file(), { settled: true }) },
      params: z.object({}),
      build: () => ({}),
    })
  })

  it('compiles where what may be absent is wired to what takes it', () => {
    const lyrics = defineStage({
      name: 'lyrics',
      version: 1,
      inputs: { lrc: optional(file()), title: optional(json(z.string())) },
      params: z.object({}),
      outputs: {
        lines: json(z.array(z.string())),
        title: json(z.object({ text: z.string(), note: z.string().optional() })),
      },
      run({ inputs }) {
        expectTypeOf(inputs.lrc).toEqualTypeOf<string | undefined>()
        return { lines: [], title: { text: '' } }
      },
    })
    definePipeline({
      name: 'with-lyrics',
      inputs: { lrc: optional(file()), video: optional(file()) },
      params: z.object({}),
      build({ step, inputs }) {
        expectTypeOf(inputs.lrc).toEqualTypeOf<ArtifactRef<'file', string, 'maybe'>>()
        const { title } = step(lyrics, { lrc: inputs.lrc })
        const text = select(title, ({ text }) => text)
        expectTypeOf(text).toEqualTypeOf<ArtifactRef<'json', string, 'always'>>()
        const note = select(title, ({ note }) => note)
        expectTypeOf(note).toEqualTypeOf<ArtifactRef<'json', string, 'maybe'>>()
        step(lyrics, { title: note }, { id: 'noted' })
        // @ts-expect-error the title has no such field
        select(title, ({ colour }) => colour)
        // @ts-expect-error what may be absent cannot be required
        step(demux, { video: inputs.video })
        const { audio } = step(demux, { video: inputs.video }, { id: 'demux', when: present(inputs.video) })
        expectTypeOf(audio).toEqualTypeOf<ArtifactRef<'file', string, 'maybe'>>()
        // @ts-expect-error a text is no list of words
        step(spell, { word: constant(1) })
        // @ts-expect-error a condition is a boolean
        step(lyrics, {}, { id: 'wrong', when: title })
        return { text, ...step(spell, { word: constant('a') }) }
      },
    })
  })

  it('says what to do where it does not compile', () => {
    expectTypeOf<BindingHints<{ video: 'file' }, { video: ArtifactRef<'file', string, 'maybe'> }>>().toEqualTypeOf<{
      readonly video: PresenceHint
    }>()
    expectTypeOf<BindingHints<{ video: 'file' }, { film: ArtifactRef<'file', string, 'always'> }>>().toEqualTypeOf<{
      readonly film: NameHint
    }>()
  })
})

describe('a stage and a pipeline without inputs or params', () => {
  const tick = defineStage({
    name: 'tick',
    version: 1,
    outputs: { n: json(z.number()) },
    run({ inputs, params }) {
      expectTypeOf<keyof typeof inputs>().toEqualTypeOf<never>()
      expectTypeOf(params).toEqualTypeOf<Record<string, never>>()
      return { n: 1 }
    },
  })

  it('need not say so, and take none', () => {
    definePipeline({
      name: 'ticks',
      build({ step, inputs }) {
        expectTypeOf<keyof typeof inputs>().toEqualTypeOf<never>()
        const { n } = step(tick, {})
        expectTypeOf(n).toEqualTypeOf<ArtifactRef<'json', number, 'always'>>()
        // @ts-expect-error the stage has no input
        step(tick, { n }, { id: 'second' })
        // @ts-expect-error the stage has no params
        step(tick, {}, { id: 'third', params: { times: 2 } })
        return { n }
      },
    })
  })

  it('still have outputs', () => {
    // @ts-expect-error a stage says what it makes
    defineStage({ name: 'tick', version: 1, run: () => {} })
  })
})
