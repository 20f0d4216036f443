import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readParams } from '../../../src/cli/command-line/name-value.ts'
import { shouting } from '../shouting.ts'

describe('params', () => {
  it.each([
    [['mark=?'], { mark: '?' }],
    [['mark=a=b'], { mark: 'a=b' }],
    [['mark='], { mark: '' }],
    [['mark=1'], { mark: '1' }],
    [['times=1,2'], { times: [1, 2] }],
    [['times=1', 'times=2,3'], { times: [1, 2, 3] }],
    [['times='], { times: [] }],
    [['quiet=true'], { quiet: true }],
    [['quiet=yes'], { quiet: 'yes' }],
    [['unknown=x'], { unknown: 'x' }],
  ])('%j', (texts, value) => expect(readParams(shouting.params, texts)).toEqual({ ok: true, value }))

  it.each([
    [['mark'], "-p takes name=value, not 'mark'"],
    [['=x'], "-p takes name=value, not '=x'"],
    [['mark=a', 'mark=b'], "the param 'mark' is given 2 times; give it once"],
  ])('%j is refused', (texts, error) => expect(readParams(shouting.params, texts)).toEqual({ ok: false, error }))
})

const tree = z.object({
  name: z.string(),
  get kids() {
    return z.array(tree)
  },
})

const nested: z.ZodType = z.lazy(() => z.union([z.string(), z.array(nested)]))

describe('a param is read as its schema takes it', () => {
  it.each<[string, StandardSchemaV1, string, unknown]>([
    ['a choice of digits', z.enum(['720', '1080']), '1080', '1080'],
    ['a choice of words like values', z.enum(['true', 'false', 'null', '1e3']), 'null', 'null'],
    ['a choice of numbers', z.literal([720, 1080]), '720', 720],
    ['a choice of a number or a word', z.union([z.number(), z.literal('auto')]), '12', 12],
    ['a choice of a number or a word, the word', z.union([z.number(), z.literal('auto')]), 'auto', 'auto'],
    ['a literal', z.literal('1'), '1', '1'],
    ['a text that may be null', z.string().nullable(), '1984', '1984'],
    ['null', z.string().nullable(), 'null', null],
    ['a text that may be left out', z.string().nullish(), 'true', 'true'],
    ['a number that may be null', z.number().nullable().default(null), '3.5', 3.5],
    ['a switch that may be null', z.boolean().nullable(), 'false', false],
    ['a number or a text', z.union([z.string(), z.number()]), '12', 12],
    ['a number or a text, no JSON number', z.union([z.string(), z.number()]), '007', '007'],
    [
      'a number that no number can hold',
      z.union([z.string(), z.number()]),
      '12345678901234567890',
      '12345678901234567890',
    ],
    ['a text or a list', z.union([z.string(), z.array(z.string())]), 'a,b', 'a,b'],
    ['a text or a list, as JSON', z.union([z.string(), z.array(z.string())]), '["a,b"]', ['a,b']],
    ['a number or a list of them', z.union([z.number(), z.array(z.number())]), '1,2', [1, 2]],
    ['a list that may be null', z.array(z.number()).nullable(), '1,2', [1, 2]],
    ['a list of choices', z.array(z.enum(['720', '1080'])), '720,1080', ['720', '1080']],
    ['a list of what may be null', z.array(z.string().nullable()), '1,null', ['1', null]],
    ['items with commas', z.array(z.string()), '["a,b","c"]', ['a,b', 'c']],
    ['one item with a comma', z.array(z.enum(['a,b', 'c'])), 'a,b', ['a,b']],
    ['texts that are numbers in JSON', z.array(z.string()), '[720, true]', ['720', 'true']],
    ['a pair', z.tuple([z.number(), z.string()]), '[1,"a"]', [1, 'a']],
    ['a pair with a comma', z.tuple([z.number(), z.string()]), '1,2', [1, '2']],
    [
      'a list of pairs',
      z.array(z.tuple([z.number(), z.string()])),
      '[[1,"a"],[2,"3"]]',
      [
        [1, 'a'],
        [2, '3'],
      ],
    ],
    ['an object', z.object({ size: z.enum(['720', '1080']) }), '{"size":720}', { size: '720' }],
    ['a list of objects, one of them', z.array(z.object({ a: z.number() })), '{"a":1}', [{ a: 1 }]],
    ['a record', z.record(z.string(), z.number()), '{"a":1}', { a: 1 }],
    ['a tree', tree, '{"name":"a","kids":[{"name":"b","kids":[]}]}', { name: 'a', kids: [{ name: 'b', kids: [] }] }],
    ['a date', z.coerce.date(), '2024', '2024'],
    ['a list of dates', z.array(z.coerce.date()), '2024-01-01,2025', ['2024-01-01', '2025']],
    ['a big integer', z.coerce.bigint(), '12345678901234567890', '12345678901234567890'],
    ['a transformed text', z.string().transform(Number), '12', '12'],
    ['what is processed before', z.preprocess((value) => value === 'on', z.boolean()), 'on', 'on'],
    ['a switch of words', z.stringbool(), 'yes', 'yes'],
    ['anything', z.any(), '{"a":[1]}', { a: [1] }],
    ['anything, as text', z.any(), 'a,b', 'a,b'],
    ['items with commas in quotes', z.array(z.string()), '"a,b",c', ['a,b', 'c']],
    ['items in quotes', z.array(z.string()), '"a", "b"', ['a', 'b']],
    ['items with a quote inside', z.array(z.string()), 'a"b,c', ['a"b', 'c']],
    ['an item in brackets', z.array(z.string()), '[a-z]', ['[a-z]']],
    ['a text or a list in brackets, no JSON', z.union([z.string(), z.array(z.string())]), '[a,b]', '[a,b]'],
    ['a list of lists', z.array(z.array(z.number())), '1,2', [[1], [2]]],
    ['a list of itself', nested, '["a",["b"]]', ['a', ['b']]],
    ['a list of itself, as text', nested, 'a,b', 'a,b'],
    ['any JSON', z.json(), '{"a":[1,"2"]}', { a: [1, '2'] }],
    ['any JSON, as text', z.json(), 'x', 'x'],
    ['what is checked in its own time', z.number().refine(async () => true), '5', 5],
    ['two schemas at once', z.intersection(z.string(), z.string().min(1)), '12', '12'],
  ])('%s', (_, p, text, value) => {
    expect(readParams(z.object({ p, other: z.number() }), [`p=${text}`])).toEqual({ ok: true, value: { p: value } })
  })

  it.each(['[a,b]', '["a",]', '[1,x]'])('%s, which is nearly JSON, is refused', (text) => {
    expect(readParams(z.object({ p: z.array(z.string()) }), [`p=${text}`])).toEqual({
      ok: false,
      error: `the param 'p' is not valid JSON: ${text}; write ["a","b"], or a,b`,
    })
  })

  it('called like a part of every object, as any other', () => {
    const read = readParams(z.object({ n: z.number().optional() }), ['__proto__={"n":4}'])
    expect(read.ok && Object.getPrototypeOf(read.value)).toBe(Object.prototype)
    expect(read.ok ? Object.keys(read.value) : []).toEqual(['__proto__'])
  })

  it('beside a param that JSON Schema lacks', () => {
    const schema = z.object({ big: z.bigint().default(1n), sizes: z.array(z.enum(['1', '2'])) })
    expect(readParams(schema, ['sizes=1,2'])).toEqual({ ok: true, value: { sizes: ['1', '2'] } })
  })

  it('in a choice of shapes, whose shape tells', () => {
    const schema = z.discriminatedUnion('as', [
      z.object({ as: z.literal('film'), size: z.number() }),
      z.object({ as: z.literal('text'), size: z.string() }),
    ])
    expect(readParams(schema, ['size=12', 'as=text'])).toEqual({ ok: true, value: { as: 'text', size: '12' } })
    expect(readParams(schema, ['size=12', 'as=film'])).toEqual({ ok: true, value: { as: 'film', size: 12 } })
  })

  it('without any JSON Schema, as it takes it', () => {
    const full = z.object({ title: z.string(), rate: z.number(), to: z.array(z.string()), on: z.boolean() })
    const { validate, vendor } = full['~standard']
    const plain: StandardSchemaV1 = { '~standard': { version: 1, vendor, validate } }
    expect(readParams(plain, ['title=1984', 'rate=3', 'to=es,ca', 'on=true'])).toEqual({
      ok: true,
      value: { title: '1984', rate: 3, to: ['es', 'ca'], on: true },
    })
  })
})
