import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { type ArtifactRef, type GatheredRef, json, many, optional } from '../../../src/core/declare/artifact.ts'
import { definePipeline } from '../../../src/core/declare/pipeline.ts'
import { defineStage } from '../../../src/core/declare/stage.ts'
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
  inputs: { speeches: many(json(Speech)), cover: optional({ kind: 'file', arity: 'one' }) },
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
})
