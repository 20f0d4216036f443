import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkParams, coerceParams, paramDocs } from '../../../src/core/index.ts'

const schema = z.object({
  to: z.array(z.string()).default([]).describe('languages'),
  clipStartS: z.number().min(0).optional(),
  maxLineChars: z.number().int().default(42),
  fast: z.boolean().default(false),
  title: z.string().optional(),
})

const docs = paramDocs(schema)

describe('params', () => {
  it('are read from text as the schema takes them', () => {
    expect(
      coerceParams(docs, { to: 'es, fr', clipStartS: '3', fast: 'true', title: '12', maxLineChars: 'many' }),
    ).toEqual({
      to: ['es', 'fr'],
      clipStartS: 3,
      fast: true,
      title: '12',
      maxLineChars: 'many',
    })
    expect(coerceParams(docs, { to: '' })).toEqual({ to: [] })
  })

  it('are checked, and filled in', () => {
    expect(checkParams('', schema, { clipStartS: 1 })).toEqual({
      ok: true,
      value: { to: [], clipStartS: 1, maxLineChars: 42, fast: false },
    })
    const wrong = checkParams('step x', schema, { clipStartS: -1 })
    expect(wrong.ok ? '' : wrong.error[0]?.where).toBe('step x.clipStartS')
  })

  it('are refused with every mistake at once: wrong values, and names that there are not', () => {
    const wrong = checkParams('step x', schema, { maxLineChar: 3, clipStartS: -1 })
    expect(wrong.ok ? [] : wrong.error).toEqual([
      { where: 'step x.clipStartS', message: 'Too small: expected number to be >=0' },
      { where: 'step x.maxLineChar', message: expect.stringContaining("did you mean 'maxLineChars'?") },
    ])
    const inherited: object = JSON.parse('{ "constructor": 1, "__proto__": 2 }')
    const strange = checkParams('', schema, inherited)
    expect(strange.ok ? [] : strange.error.map(({ where }) => where)).toEqual(['constructor', '__proto__'])
    const also = checkParams('', schema, { ...inherited, toString: 1, clipStartS: -1 })
    expect(also.ok ? [] : also.error.map(({ where }) => where)).toEqual([
      'clipStartS',
      'constructor',
      '__proto__',
      'toString',
    ])
    const loose = checkParams('', z.looseObject({ rate: z.number() }), { rate: 'fast', other: 1 })
    expect(loose.ok ? [] : loose.error.map(({ where }) => where)).toEqual(['rate'])
    const strict = checkParams('', z.strictObject({ rate: z.number() }), { rate: 'fast', other: 1 })
    expect(strict.ok ? [] : strict.error.map(({ where }) => where)).toEqual(['rate', ''])
  })

  it.each<[unknown, string, string]>([
    [{ on: new Date(0) }, 'step x.given.on', 'an object of the class Date'],
    [() => 1, 'step x.given', 'a function'],
    [{ parts: [1, { rate: Number.NaN }] }, 'step x.given.parts.1.rate', 'NaN'],
    [[1, undefined], 'step x.given.1', 'undefined in a list'],
    [10n, 'step x.given', 'a bigint'],
    [Symbol('s'), 'step x.given', 'a symbol'],
    [new Map(), 'step x.given', 'an object of the class Map'],
  ])('must be JSON, because they are part of the key: %o', (given, where, what) => {
    const checked = checkParams('step x', z.object({ given: z.any() }), { given })
    expect(checked.ok ? [] : checked.error).toEqual([
      { where, message: `params are part of the key, so they must be JSON; ${what} is not` },
    ])
  })

  it('may leave out what is undefined', () => {
    const checked = checkParams('', z.object({ a: z.any(), b: z.any() }), { a: undefined, b: 1 })
    expect(checked).toEqual({ ok: true, value: { b: 1 } })
  })

  it('are described by the schema', () => {
    expect(paramDocs(schema)?.slice(0, 2)).toEqual([
      { name: 'to', type: 'array of string', required: false, description: 'languages', default: [] },
      { name: 'clipStartS', type: 'number', required: false },
    ])
  })
})
