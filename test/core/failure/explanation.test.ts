import { describe, expect, it } from 'vitest'
import { describeReason, diffActions, firstChanges, shortened } from '../../../src/core/index.ts'
import type { JsonObject, JsonValue } from '../../../store/index.ts'

describe('explaining a miss', () => {
  it('names every leaf that differs, with its old and new value', () => {
    const from = {
      params: { maxLineChars: 42, clipStartS: 0 },
      inputs: { video: `b3:${'a'.repeat(64)}` },
      tools: { ffmpeg: { version: '5.1' } },
    }
    const to = {
      params: { maxLineChars: 32 },
      inputs: { video: `b3:${'b'.repeat(64)}` },
      tools: { ffmpeg: { version: '7.0' } },
    }
    expect(diffActions(from, to).map(describeReason)).toEqual([
      'inputs.video b3:aaaaaaaa.. -> b3:bbbbbbbb..',
      'params.clipStartS 0 -> none',
      'params.maxLineChars 42 -> 32',
      'tools.ffmpeg.version "5.1" -> "7.0"',
    ])
  })

  it('says of an input that is absent, and of a variable that is not set, that there is none; a param may be null', () => {
    const from = { params: { end: 1 }, inputs: { words: `b3:${'a'.repeat(64)}` }, env: { LANG_MODEL: null } }
    const to = { params: { end: null }, inputs: { words: null }, env: { LANG_MODEL: 'es' } }
    expect(diffActions(from, to).map(describeReason)).toEqual([
      'env.LANG_MODEL none -> "es"',
      'inputs.words b3:aaaaaaaa.. -> none',
      'params.end 1 -> null',
    ])
  })

  it('finds nothing in equal actions, whatever the order of their names', () => {
    expect(diffActions({ a: [1, { b: 2, c: 3 }] }, { a: [1, { c: 3, b: 2 }] })).toEqual([])
  })

  it('compares lists element by element, and finds the one that came or went', () => {
    const digestOf = (letter: string) => `b3:${letter.repeat(64)}`
    const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')]
    const lines = (from: JsonObject, to: JsonObject) => diffActions(from, to).map(describeReason)
    expect(lines({ inputs: { parts: [a, b, c] } }, { inputs: { parts: [a, c, c] } })).toEqual([
      'inputs.parts[1] b3:bbbbbbbb.. -> b3:cccccccc..',
    ])
    expect(lines({ inputs: { parts: [a, c] } }, { inputs: { parts: [a, b, c] } })).toEqual([
      'inputs.parts[1] none -> b3:bbbbbbbb..',
    ])
    expect(lines({ inputs: { parts: [a, b, c] } }, { inputs: { parts: [b, c] } })).toEqual([
      'inputs.parts[0] b3:aaaaaaaa.. -> none',
    ])
    expect(lines({ inputs: { parts: [] } }, { inputs: { parts: null } })).toEqual(['inputs.parts [] -> none'])
    expect(lines({ params: { styles: [{ font: 'a' }] } }, { params: { styles: [{ font: 'b' }] } })).toEqual([
      'params.styles[0].font "a" -> "b"',
    ])
  })

  it('compares what an input gathers by the names of the items, and by their places where only these differ', () => {
    const digest = (letter: string) => `b3:${letter.repeat(64)}`
    const [a, b, c] = [digest('a'), digest('b'), digest('c')]
    const lines = (from: JsonValue, to: JsonValue) =>
      diffActions({ inputs: { wavs: from } }, { inputs: { wavs: to } }).map(describeReason)
    const failed = { kind: 'stage-exited', message: 'no' }
    expect(
      lines(
        [['two', b]],
        [
          ['one', a],
          ['two', b],
          ['x', failed],
        ],
      ),
    ).toEqual(['inputs.wavs.one none -> b3:aaaaaaaa..', 'inputs.wavs.x none -> {"kind":"stage-exited","message":"no"}'])
    expect(
      lines(
        [
          ['one', a],
          ['two', b],
        ],
        [
          ['one', c],
          ['two', b],
        ],
      ),
    ).toEqual(['inputs.wavs.one b3:aaaaaaaa.. -> b3:cccccccc..'])
    expect(
      lines(
        [
          ['one', a],
          ['two', b],
        ],
        [
          ['two', b],
          ['one', a],
        ],
      ),
    ).toContain('inputs.wavs[0][0] "one" -> "two"')
  })

  it('shortens digests wherever they stand, and shows a long text from where it differs', () => {
    const digest = `b3:${'a'.repeat(64)}`
    expect(describeReason({ kind: 'changed', path: 'inputs.parts', from: undefined, to: [digest] })).toBe(
      'inputs.parts none -> [b3:aaaaaaaa..]',
    )
    const prompt = (end: string) => `${'You translate. '.repeat(20)}${end}`
    const from = { params: { prompt: prompt('Be formal.') } }
    const to = { params: { prompt: prompt('Be informal.') } }
    const [line] = diffActions(from, to).map(describeReason)
    expect(line).toMatch(/^params\.prompt \.\.".{60}" -> \.\.".{60}"$/)
    expect(line).toContain('Be informal."')
    const cue = { base: [{ startMs: 10_368, lines: ['No fue un enfermo-hombre joven colocado.'] }], endMs: 14_776 }
    expect(describeReason({ kind: 'changed', path: 'inputs.cues', from: undefined, to: [cue] })).toMatch(
      /^inputs\.cues none -> \[\{"base":.{40,60}\.\.$/,
    )
  })

  it('says in words that a file of the source changed, and which take is meant', () => {
    const from = { source: { 'mix.ts': 'b3:1', '../levels.ts': 'b3:2' } }
    const to = { source: { 'mix.ts': 'b3:3', 'gain.ts': 'b3:4' }, take: 2 }
    expect(diffActions(from, to).map(describeReason)).toEqual([
      'source ../levels.ts is gone',
      'source gain.ts is new',
      'source mix.ts changed',
      'take 1 -> 2',
    ])
  })

  it('names what the nearest result of the stage has otherwise, where the step was never run', () => {
    const nearest = diffActions({ params: { to: 'es' } }, { params: { to: 'fr' } })
    expect(describeReason({ kind: 'never-run', nearest })).toBe(
      'never run in this job; the nearest result has params.to "es" -> "fr"',
    )
    expect(describeReason({ kind: 'never-run' })).toBe('never run')
  })
})

describe('the first changes inside a large value', () => {
  it('are bounded in what is listed, and in what is compared', () => {
    const long = (text: string) => Array.from({ length: 1000 }, () => ({ text }))
    const told = firstChanges('inputs.cues', long('a'), long('b'), { listed: 2 })
    expect(told).toMatchObject({ changes: [{ path: 'inputs.cues[0].text' }, { path: 'inputs.cues[1].text' }] })
    expect(told).toMatchObject({ more: 998, isComplete: true })
    const deep = (text: string) => Array.from({ length: 900 }).reduce<JsonValue>((inner) => [inner], long(text))
    const cut = firstChanges('inputs.cues', deep('a'), deep('b'), { listed: 2, compared: 3000 })
    expect(cut.isComplete).toBe(false)
    expect(describeReason({ kind: 'also-changed', path: 'inputs.cues', count: 1, atLeast: true })).toBe(
      'inputs.cues differs in at least 1 more place',
    )
  })

  it('hold no more of a value than people look at', () => {
    const [from, to] = [`${'a'.repeat(5000)}one${'b'.repeat(5000)}`, `${'a'.repeat(5000)}two${'b'.repeat(5000)}`]
    const text = shortened({ path: 'inputs.doc', from, to })
    expect(describeReason({ kind: 'changed', ...text })).toMatch(/^inputs\.doc \.\."a+oneb+"\.\. -> \.\."a+twob+"\.\.$/)
    const lists = shortened({ path: 'inputs.doc', from: undefined, to: Array.from({ length: 2000 }, () => 'x') })
    expect(lists).toEqual({ path: 'inputs.doc', from: undefined, to: 'a list of 2000' })
  })
})
