import { describe, expect, it } from 'vitest'
import { describeReason, diffActions } from '../../src/core/index.ts'

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

  it('finds nothing in equal actions', () => {
    expect(diffActions({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([])
  })
})
