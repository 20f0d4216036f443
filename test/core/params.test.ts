import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkParams, coerceParams, paramDocs } from '../../src/core/index.ts'

const schema = z.object({
  to: z.array(z.string()).default([]).describe('languages'),
  clipStartS: z.number().min(0).optional(),
  maxLineChars: z.number().int().default(42),
  fast: z.boolean().default(false),
  title: z.string().optional(),
})

describe('params', () => {
  it('are read from text as the schema takes them', () => {
    expect(
      coerceParams(schema, { to: 'es, fr', clipStartS: '3', fast: 'true', title: '12', maxLineChars: 'many' }),
    ).toEqual({
      to: ['es', 'fr'],
      clipStartS: 3,
      fast: true,
      title: '12',
      maxLineChars: 'many',
    })
    expect(coerceParams(schema, { to: '' })).toEqual({ to: [] })
  })

  it('are checked, and filled in', () => {
    expect(checkParams('', schema, { clipStartS: 1 })).toEqual({
      ok: true,
      value: { to: [], clipStartS: 1, maxLineChars: 42, fast: false },
    })
    const wrong = checkParams('step x', schema, { clipStartS: -1 })
    expect(wrong.ok ? '' : wrong.error[0]?.where).toBe('step x.clipStartS')
  })

  it('must be JSON, because they are part of the key', () => {
    const dated = z.object({ on: z.date() })
    expect(checkParams('', dated, { on: new Date(0) }).ok).toBe(false)
  })

  it('are described by the schema', () => {
    expect(paramDocs(schema)?.slice(0, 2)).toEqual([
      { name: 'to', type: 'array of string', required: false, description: 'languages', default: [] },
      { name: 'clipStartS', type: 'number', required: false },
    ])
  })
})
