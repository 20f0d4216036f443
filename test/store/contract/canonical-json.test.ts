import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionKey, canonicalJson } from '../../../store/contract/canonical-json.ts'
import { deriveKey } from '../../../store/contract/digest.ts'
import type { JsonValue } from '../../../store/contract/json.ts'

/** Appendix B of RFC 8785: IEEE-754 bits in hexadecimal, and the text of the number. */
const numbers: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
]

describe('canonicalJson', () => {
  it.each(numbers)('writes the number %s as %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE(0))).toBe(text)
  })

  it('passes the sample of RFC 8785, section 3.2.2 and 3.2.3', () => {
    const sample: JsonValue = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(sample)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\\\\\"/"}',
    )
  })

  it('sorts properties by UTF-16 code units, as section 3.2.3 does', () => {
    const sample: JsonValue = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    const names = [...canonicalJson(sample).matchAll(/:"([^"]*)"/g)].map((match) => match[1])
    expect(names).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  it('sorts many properties as it does a few', () => {
    for (let count = 1; count <= 40; count++) {
      const names = Array.from({ length: count }, (_, at) => `name ${(at * 7919) % 41}`)
      const shuffled: JsonValue = Object.fromEntries(names.map((name) => [name, name.length]))
      expect(canonicalJson(shuffled)).toBe(canonicalize(shuffled))
    }
  })

  it('writes what the reference implementation does, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(canonicalJson(value as JsonValue)).toBe(canonicalize(value))
      }),
      { numRuns: 1000 },
    )
  })

  it('treats an undefined property as absent', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  })

  it.each([
    ['NaN', Number.NaN],
    ['an infinity', [Number.POSITIVE_INFINITY]],
    ['a lone surrogate', { a: '\ud800' }],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['undefined at the root', undefined],
    ['undefined in an array', [undefined]],
    ['a function', { a: () => 1 }],
    ['a bigint', 1n],
    ['a date', { a: new Date(0) }],
    ['a map', { a: new Map([[1, 2]]) }],
    ['a buffer', Buffer.from('x')],
  ])('refuses %s', (_name, value) => {
    // @ts-expect-error what the types refuse is what is refused at run time, too
    expect(() => canonicalJson(value)).toThrow(TypeError)
  })
})

describe('actionKey', () => {
  it('is the derived key of the canonical JSON, whatever the order of properties', () => {
    expect(actionKey({ b: 1, a: [true, null] })).toBe(deriveKey('reprise action v1', '{"a":[true,null],"b":1}'))
    expect(actionKey({ a: [true, null], b: 1 })).toBe(actionKey({ b: 1, a: [true, null], c: undefined }))
  })

  it('does not change between versions of this program', () => {
    expect(actionKey({ stage: 'demux', version: 2, params: { sampleRateHz: 16_000 } })).toBe(
      'c7337a208abf46fcb8efc207846a63a4542cc46ae09d9c22390c4a6f286a9573',
    )
  })
})
