import { describe, expect, it } from 'vitest'
import { type ActionParts, buildAction } from '../../../src/core/index.ts'
import { actionKey } from '../../../store/index.ts'

const plain: ActionParts = { stage: { name: 'demux', version: 1 }, params: {}, inputs: {}, device: 'cpu', tools: [] }
const digest = (letter: string) => `b3:${letter.repeat(64)}`

/** A key that changes here empties everybody's cache: it may only when the same action may give other outputs. */
const golden: readonly (readonly [string, ActionParts, string])[] = [
  ['the least', plain, 'd24db25480b6d4909f6cd9ef29b28413fa97ed71c05636b3dc4ed44b04d413ea'],
  [
    'one of every kind of input and param',
    {
      ...plain,
      params: { rate: 16_000, gain: -0.5, title: 'Übung "1"', to: ['es', 'fr'], style: { font: null, bold: true } },
      inputs: { film: digest('a'), note: null, parts: [digest('b'), digest('c')] },
    },
    'e453a28ec6e0ea41a406fdf1d8adeb40915ab4c80c40b330ec124f70636d4956',
  ],
  [
    'with tools, a model and a device',
    {
      ...plain,
      stage: { name: 'separate', version: 12 },
      device: 'cuda',
      tools: [
        { name: 'ffmpeg', version: '7.0.2' },
        { name: 'demucs', version: '4.0', models: { htdemucs: digest('d') } },
      ],
    },
    '40956e894f25f8791e79493111c46dcf1c798c55b8c77b24a1b34b55ad674827',
  ],
  [
    'with values of the environment',
    { ...plain, env: { LANG_MODEL: 'small', OTHER: null } },
    '2abac8e81f429ef2d714d0aaa022e0ff77e1942671878fd02390ce713423e5e6',
  ],
  ['of the second take', { ...plain, take: 2 }, '3451b925a961879edaca9a1d90050538defb9758cf93002e30e4445daf043a54'],
]

describe('the key of an action', () => {
  it.each(golden)('is what it always was: %s', (_, parts, key) => {
    expect(actionKey(buildAction(parts))).toBe(key)
  })

  it('is that of the first take where no take is named, and that of no environment where none is declared', () => {
    const key = actionKey(buildAction(plain))
    expect(actionKey(buildAction({ ...plain, take: 1, env: {} }))).toBe(key)
  })

  it('differs in each of its parts', () => {
    const keys = golden.map(([, parts]) => actionKey(buildAction(parts)))
    expect(new Set(keys).size).toBe(golden.length)
  })

  it('does not depend on the order in which params, inputs or tools stand', () => {
    const tools = [
      { name: 'a', version: '1' },
      { name: 'b', version: '2' },
    ]
    const one = buildAction({ ...plain, params: { a: 1, b: 2 }, inputs: { x: null, y: null }, tools })
    const other = buildAction({
      ...plain,
      params: { b: 2, a: 1 },
      inputs: { y: null, x: null },
      tools: [...tools].reverse(),
    })
    expect(actionKey(one)).toBe(actionKey(other))
  })
})
