import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { givenInputs, inputsUsage, missingInput, sameInputs } from '../../../src/cli/command-line/given-inputs.ts'
import {
  type AnyPipeline,
  definePipeline,
  file,
  json,
  many,
  optional,
  type PipelineInputs,
} from '../../../src/core/index.ts'

function pipelineOf(inputs: PipelineInputs): AnyPipeline {
  return definePipeline({ name: 'mix', inputs, params: z.object({}), build: () => ({}) })
}
const show = pipelineOf({ song: 'file', lyrics: optional(file()), rig: json() })
const mix = pipelineOf({ title: 'file', takes: many(file()), cover: 'file' })

function given(pipeline: AnyPipeline, paths: readonly string[], namedPaths: readonly string[] = []) {
  const inputs = givenInputs(pipeline, { paths, namedPaths, cwd: '/in' })
  return inputs.ok ? inputs.value : inputs.error
}

describe('the inputs of a command line', () => {
  it('go to what is required before what may be left out', () => {
    expect(given(show, ['a.wav', 'rig.json'])).toEqual({ song: '/in/a.wav', rig: '/in/rig.json' })
    expect(given(show, ['a.wav', 'a.lrc', 'rig.json'])).toEqual({
      song: '/in/a.wav',
      lyrics: '/in/a.lrc',
      rig: '/in/rig.json',
    })
    expect(given(show, ['a.wav', 'rig.json'], ['lyrics=a.lrc'])).toEqual({
      song: '/in/a.wav',
      lyrics: '/in/a.lrc',
      rig: '/in/rig.json',
    })
    expect(given(show, ['a', 'b', 'c', 'd'])).toBe(
      "unexpected input 'd': the pipeline 'mix' takes 3 inputs (song, lyrics, rig)",
    )
  })

  it('go to a list as far as the others leave them', () => {
    expect(given(mix, ['t', 'a', 'b', 'c'])).toEqual({ title: '/in/t', takes: ['/in/a', '/in/b'], cover: '/in/c' })
    expect(given(mix, ['a', 'b'], ['title=t', 'cover=c'])).toEqual({
      title: '/in/t',
      takes: ['/in/a', '/in/b'],
      cover: '/in/c',
    })
    expect(given(mix, ['t', 'c'], ['takes=b', 'takes=a'])).toEqual({
      title: '/in/t',
      takes: ['/in/b', '/in/a'],
      cover: '/in/c',
    })
    expect(given(mix, ['t', 'c'], ['cover=a', 'cover=b'])).toBe("the input 'cover' is given 2 times; give it once")
    expect(given(mix, [], ['toString=a'])).toContain("'toString'")
  })

  it('are missed where they are required', () => {
    expect(missingInput(show, { song: 'a' })).toBe('rig')
    expect(missingInput(show, { song: 'a', rig: 'b' })).toBeUndefined()
    expect(missingInput(mix, { title: 'a', cover: 'b' })).toBe('takes')
    expect(inputsUsage(show)).toBe('SONG [LYRICS] RIG')
    expect(inputsUsage(mix)).toBe('TITLE TAKES... COVER')
  })

  it('are the same where their paths are, in their order', () => {
    expect(sameInputs({ takes: ['a', 'b'] }, { takes: ['a', 'b'] })).toBe(true)
    expect(sameInputs({ takes: ['a', 'b'] }, { takes: ['b', 'a'] })).toBe(false)
    expect(sameInputs({ song: 'a' }, { song: 'a', lyrics: 'b' })).toBe(false)
  })
})
