import { describe, expect, it } from 'vitest'
import { Secrets } from '../../../src/engine/key/secrets.ts'

const secret = 'sk-"A/b\\c+ü d\'é?=='

function hiding(text = secret): Secrets {
  const secrets = new Secrets()
  secrets.add('key', text)
  return secrets
}

const bytes = Buffer.from(secret)
const everyByte = (format: (hex: string) => string) =>
  [...bytes].map((byte) => format(byte.toString(16).padStart(2, '0'))).join('')
const inAscii = (json: string) =>
  json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

describe('a secret', () => {
  it.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ secret })],
    ['in JSON inside of JSON', JSON.stringify(JSON.stringify({ secret }))],
    ['in JSON of ASCII only', inAscii(JSON.stringify({ secret }))],
    ['in JSON of ASCII only inside of JSON', JSON.stringify(inAscii(JSON.stringify({ secret })))],
    ['in JSON whose slashes are escaped', JSON.stringify({ secret }).replaceAll('/', '\\/')],
    ['in an address', encodeURIComponent(secret)],
    ['in an address of lower case', encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase())],
    ['in the query of an address', new URLSearchParams({ secret }).toString()],
    ['in an address, every byte', everyByte((hex) => `%${hex}`)],
    ['in an address, every byte, of upper case', everyByte((hex) => `%${hex.toUpperCase()}`)],
    ['in hexadecimal digits', bytes.toString('hex')],
    ['in hexadecimal digits of upper case', bytes.toString('hex').toUpperCase()],
    ['in base64', bytes.toString('base64')],
    ['in base64 for addresses', bytes.toString('base64url')],
  ])('is hidden %s', (_, text) => {
    expect(hiding().hide(`before ${text} after`)).toMatch(/^before .*\[secret key\].* after$/)
  })

  it.each([0, 1, 2, 3])('is hidden in the base64 of a longer text that begins %i bytes before it', (before) => {
    for (const after of ['', 'x', 'xy', 'xyz']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${'user:'.slice(0, before)}${secret}${after}`).toString(encoding)
        const hidden = hiding().hide(`Basic ${text}`)
        expect(hidden).toContain('[secret key]')
        // What is left of it decides no more than a part of its first and last byte.
        expect(hidden.length - '[secret key]'.length).toBeLessThanOrEqual('Basic '.length + 12)
      }
    }
  })

  it('of several lines is hidden line by line, in every form', () => {
    const key = '-----BEGIN-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END-----'
    for (const line of key.split('\n')) {
      for (const text of [line, Buffer.from(line).toString('base64'), Buffer.from(line).toString('hex')]) {
        expect(hiding(key).hide(text)).toContain('[secret key]')
      }
    }
    expect(hiding(key).hide(Buffer.from(key).toString('base64'))).toContain('[secret key]')
  })

  it('is found in what is to be written down, in every form', () => {
    const problems = hiding().problemsOf({ note: `Basic ${bytes.toString('base64')}` }, 'params', 'job.json')
    expect(problems).toHaveLength(1)
    expect(hiding().hideIn({ failure: { tail: [bytes.toString('hex')] } })).toEqual({
      failure: { tail: ['[secret key]'] },
    })
  })
})
