import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkParams, checkPipelineParams, paramDocs } from '../../../src/core/index.ts'

const schema = z.object({
  to: z.array(z.string()).default([]).describe('languages'),
  clipStartS: z.number().min(0).optional(),
  maxLineChars: z.number().int().default(42),
  fast: z.boolean().default(false),
  title: z.string().optional(),
})

describe('params', () => {
  it('are checked, and filled in', () => {
    expect(checkParams('', schema, { clipStartS: 1 })).toEqual({
      ok: true,
      value: { to: [], clipStartS: 1, maxLineChars: 42, fast: false },
    })
    const wrong = checkParams('step x', schema, { clipStartS: -1 })
    expect(wrong.ok ? '' : wrong.error[0]?.where).toBe('step x.clipStartS')
  })

  it('are refused with the nearest choice', () => {
    const sizes = z.object({ size: z.enum(['1080p', '720p', 'square']).default('1080p') })
    const wrong = checkParams('', sizes, { size: '720' })
    expect(wrong.ok ? [] : wrong.error).toEqual([
      { where: 'size', message: "unknown value '720': did you mean '720p'? (valid: 1080p, 720p, square)" },
    ])
  })

  it.each([
    [z.number(), 'abc', 'a number, not "abc"'],
    [z.number().int().min(1).max(10), 0, 'an integer from 1 to 10, not 0'],
    [z.number().int(), 1.5, 'an integer, not 1.5'],
    [z.number().gt(0).lt(1), 1, 'a number above 0 and below 1, not 1'],
    [z.number().multipleOf(2), 3, 'a number that is a multiple of 2, not 3'],
    [z.string(), 3, 'a text, not 3'],
    [z.string().min(3), 'a', 'a text of at least 3 characters, not "a"'],
    [z.string().regex(/^[a-z]+$/), 'A1', 'a text that matches /^[a-z]+$/, not "A1"'],
    [z.boolean(), 'maybe', 'true or false, not "maybe"'],
    [z.date(), 'never', 'a date, such as 2026-01-31, not "never"'],
    [z.array(z.number()).min(1), [], 'a list of at least 1 item, which are numbers, not []'],
    [z.union([z.number(), z.literal('auto')]), 'no', 'a number, or "auto", not "no"'],
    [z.string().nullable(), 3, 'a text, or null, not 3'],
    [z.object({ x: z.number(), y: z.string() }), 3, "an object with 'x', 'y', not 3"],
    [z.tuple([z.number(), z.number()]), [1], 'a list of 2, not [1]'],
    [z.union([z.boolean(), z.literal('auto')]), 'no', 'true or false, or "auto", not "no"'],
    [z.int(), 2 ** 53, 'an integer of at most 9007199254740991, which a number holds exactly'],
    [z.coerce.date().min(new Date('2020-01-01')), '2019-05-05', 'a date of at least 2020-01-01, not "2019-05-05"'],
    [z.coerce.bigint().max(5n), '7', 'an integer of at most 5, not "7"'],
    [z.string().pipe(z.coerce.number()), 'x', 'a number, not "x"'],
    [z.never(), 1, 'no value, not 1'],
    [z.number(), 'x'.repeat(100), `a number, not "${'x'.repeat(59)}..`],
  ])('are refused in words that say what is taken, and what was given: %#', (schema, given, text) => {
    const wrong = checkParams('', z.object({ it: schema }), { it: given })
    expect(wrong).toEqual({ ok: false, error: [{ where: 'it', message: `it takes ${text}` }] })
  })

  it.each<[z.ZodType, unknown, string]>([
    [z.set(z.string()), 'a', 'it: its schema wants a set, which cannot be written as JSON, not "a"'],
    [z.instanceof(URL), 'a', 'it: its schema wants a URL, which cannot be written as JSON, not "a"'],
    [z.custom(() => false), 'a', 'it: its schema refuses "a"'],
    [z.array(z.number()).refine(() => false), [3], 'it: its schema refuses [3]'],
    [
      z.partialRecord(z.enum(['en', 'es']), z.string()),
      { ens: 'a' },
      "it: unknown name 'ens': did you mean 'en'? (valid: en, es)",
    ],
    [
      z.strictObject({ rate: z.number() }),
      { rate: 1, rat: 2 },
      "it: unknown name 'rat': did you mean 'rate'? (valid: rate)",
    ],
    [
      z.union([
        z.object({ as: z.literal('film'), fps: z.number() }),
        z.object({ as: z.literal('text'), size: z.number() }),
      ]),
      { as: 'text', fps: 3 },
      'it.size: it is missing; it takes a number',
    ],
    [
      z.union([z.literal('auto'), z.string().refine((it) => it === 'en', 'it takes a language, such as en')]),
      'xx',
      'it: it takes a language, such as en',
    ],
  ])('are refused in words that JSON Schema lacks: %#', (schema, given, text) => {
    const wrong = checkParams('', z.object({ it: schema }), { it: given })
    expect(wrong.ok ? [] : wrong.error.map(({ where, message }) => `${where}: ${message}`)).toEqual([text])
  })

  it('are refused as a whole by name, and by the shape that was meant', () => {
    const lines = (schema: z.ZodType, given: object) => {
      const wrong = checkParams('', schema, given)
      return wrong.ok ? [] : wrong.error.map(({ where, message }) => `${where}: ${message}`)
    }
    const range = z.object({ from: z.number(), to: z.number() }).refine(({ from, to }) => from < to, 'from is after to')
    expect(lines(range, { from: 2, to: 1 })).toEqual(['params: from is after to'])
    const shapes = z.union([
      z.object({ as: z.literal('film'), fps: z.number() }),
      z.object({ as: z.literal('text'), size: z.number() }),
    ])
    expect(lines(shapes, { as: 'text', fps: 3 })).toEqual(['size: it is missing; it takes a number'])
    expect(lines(z.record(z.string(), z.number()), { a: 'x' })).toEqual(['a: it takes a number, not "x"'])
  })

  it('are refused where they are wrong, where one is missing, and in the words of the author', () => {
    const deep = z.object({
      list: z.array(z.object({ n: z.number() })).default([]),
      named: z.record(z.string(), z.number()).default({}),
      needed: z.number(),
      lucky: z
        .number()
        .default(1)
        .refine((n) => n !== 13, 'Thirteen brings bad luck'),
    })
    const wrong = checkParams('', deep, { list: [{ n: 1 }, { n: 'a' }], named: { b: 'c' }, lucky: 13 })
    expect(wrong.ok ? [] : wrong.error.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      'list.1.n: it takes a number, not "a"',
      'named.b: it takes a number, not "c"',
      'needed: it is missing; it takes a number',
      'lucky: Thirteen brings bad luck',
    ])
  })

  it('are refused with every mistake at once: wrong values, and names that there are not', () => {
    const wrong = checkParams('step x', schema, { maxLineChar: 3, clipStartS: -1 })
    expect(wrong.ok ? [] : wrong.error).toEqual([
      { where: 'step x.clipStartS', message: 'it takes a number of at least 0, not -1' },
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
    expect(strict.ok ? [] : strict.error.map(({ where }) => where)).toEqual(['rate', 'other'])
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

  it('are made of text where a pipeline wants a date or a big integer, and recorded as the text', () => {
    const schema = z.object({ since: z.date().min(new Date('2020-01-01')), big: z.bigint(), days: z.array(z.date()) })
    const given = { since: '2024-02-03', big: '12345678901234567890', days: ['2024-02-04'] }
    const checked = checkPipelineParams(schema, given)
    expect(checked).toEqual({
      ok: true,
      value: {
        values: { since: new Date('2024-02-03'), big: 12345678901234567890n, days: [new Date('2024-02-04')] },
        recorded: given,
      },
    })
    const early = checkPipelineParams(schema, { ...given, since: '2019-01-01' })
    expect(early.ok ? [] : early.error).toEqual([
      { where: 'since', message: 'it takes a date of at least 2020-01-01, not "2019-01-01"' },
    ])
  })

  it('are described by the schema', () => {
    expect(paramDocs(schema)?.slice(0, 2)).toEqual([
      { name: 'to', type: 'array of string', required: false, description: 'languages', default: [] },
      { name: 'clipStartS', type: 'number', required: false },
    ])
  })

  it('are described where JSON Schema lacks a part, without harm to the others', () => {
    const odd = z.object({
      since: z.coerce.date().describe('the first day'),
      big: z.bigint().default(3n),
      size: z.enum(['720', '1080']),
      title: z.string().nullable(),
      pair: z.tuple([z.number(), z.string()]),
      rate: z.union([z.number(), z.literal('auto')]).optional(),
      tags: z.map(z.string(), z.string()),
      when: z.array(z.coerce.date()),
    })
    expect(paramDocs(odd)?.map(({ name, type }) => [name, type])).toEqual([
      ['since', 'date'],
      ['big', 'integer'],
      ['size', '720 | 1080'],
      ['title', 'string | null'],
      ['pair', '[number, string]'],
      ['rate', 'number | auto'],
      ['tags', 'anything'],
      ['when', 'array of date'],
    ])
    expect(paramDocs(odd)?.[0]).toMatchObject({ required: true, description: 'the first day' })
    const nested: z.ZodType = z.lazy(() => z.union([z.string(), z.array(nested)]))
    expect(paramDocs(z.object({ nested }))?.map(({ type }) => type)).toEqual(['string | array of anything'])
    const shapes = z.discriminatedUnion('as', [
      z.object({ as: z.literal('film'), fps: z.number() }),
      z.object({ as: z.literal('sound') }),
    ])
    expect(paramDocs(shapes)?.map(({ name, type }) => [name, type])).toEqual([
      ['as', 'film | sound'],
      ['fps', 'number'],
    ])
  })

  it('are refused where the schema throws, or takes its time', () => {
    const throws = z.object({ rect: z.string().transform((text): unknown => JSON.parse(text)) })
    const slow = z.object({ rect: z.string().refine(async () => true) })
    const { version, vendor } = throws['~standard']
    const validate = () => {
      throw new Error('no')
    }
    for (const schema of [throws, slow, { '~standard': { version, vendor, validate } }]) {
      const checked = checkParams('', schema, { rect: 'no JSON' })
      expect(checked.ok ? [] : checked.error).toEqual([
        { where: 'params', message: expect.stringMatching(/^their schema validates asynchronously, or throws/) },
      ])
    }
  })
})

describe('the params of a pipeline', () => {
  it('may become dates and the like, and are recorded as what makes them again', () => {
    const schema = z.object({ since: z.coerce.date(), big: z.coerce.bigint(), title: z.string().default('x') })
    const checked = checkPipelineParams(schema, { since: '2024-01-01', big: '12' })
    if (!checked.ok) throw new Error('refused')
    expect(checked.value.values).toEqual({ since: new Date('2024-01-01'), big: 12n, title: 'x' })
    expect(checked.value.recorded).toEqual({ title: 'x', since: '2024-01-01', big: '12' })
    expect(checkPipelineParams(schema, checked.value.recorded)).toEqual(checked)
  })

  it('are recorded as given where the schema does not take what it makes', () => {
    const schema = z.object({ rate: z.string().transform(Number).default(5), size: z.string().transform(Number) })
    const checked = checkPipelineParams(schema, { size: '3' })
    expect(checked.ok ? checked.value : undefined).toEqual({ values: { rate: 5, size: 3 }, recorded: { size: '3' } })
  })

  it('must be given as JSON, because the job records them', () => {
    const checked = checkPipelineParams(z.object({ since: z.date() }), { since: new Date(0) })
    expect(checked.ok ? [] : checked.error).toEqual([
      {
        where: 'since',
        message: 'a job records its params as JSON, for its next run; an object of the class Date is not',
      },
    ])
  })
})
