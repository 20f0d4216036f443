import { describe, expect, it } from 'vitest'
import { digestBytes, type JsonValue } from '../../../store/index.ts'
import { openAction, sealAction } from '../../../store/remote/seal/sealed-action.ts'
import { newSigningKey, parseSigningKey } from '../../../store/remote/seal/signing-key.ts'
import { parseTrust, type Trust } from '../../../store/remote/seal/trust.ts'
import { recordOf } from '../fixtures.ts'
import { newKey } from './rig.ts'

const bytes = Buffer.from('a result')
const digest = digestBytes(bytes)
const record = recordOf({ n: 1 }, { out: { kind: 'file', digest, sizeBytes: digest.sizeBytes } }, { job: 'talk' })
const { key } = record
const [ours, theirs] = [newKey(), newKey()]
const forMain = { key, scope: 'main' }
const packs = [{ hash: 'a'.repeat(64), blobs: [{ hash: 'b'.repeat(64), offset: 3, sizeBytes: 4 }] }]

function trusting(...list: string[]): Trust {
  const trust = parseTrust(list, undefined)
  if (!trust.ok) throw new Error(trust.error)
  return trust.value
}

const trust = trusting(ours.publicKey)

/** Opens a sealed text with a part changed. */
function changed(part: Readonly<Record<string, JsonValue>>) {
  const sealed: unknown = JSON.parse(sealAction('main', record, packs, ours))
  return openAction(Buffer.from(JSON.stringify({ ...Object(sealed), ...part })), forMain, trust)
}

describe('a sealed action', () => {
  it('opens for who trusts its signer, with its packs', () => {
    const opened = openAction(Buffer.from(sealAction('main', record, packs, ours)), forMain, trust)
    expect(opened).toEqual({ ok: true, value: { record, packs, signer: ours.publicKey } })
  })

  it.each([
    ['another signer', sealAction('main', record, [], theirs), 'not signed by anybody who is trusted for main'],
    ['no signer', sealAction('main', record, [], undefined), 'not signed'],
    ['another scope', sealAction('pr/17', record, [], ours), 'made for another scope'],
    ['another action', sealAction('main', recordOf({ n: 2 }, {}), [], ours), 'the result of another action'],
    ['a login page', '<!doctype html><title>Sign in</title>', 'not a sealed result'],
    ['nothing', '', 'not a sealed result'],
    ['deep nesting', '['.repeat(200_000), 'not a sealed result'],
    ['a prototype', `{"__proto__":{"v":1},"v":1}`, 'not a sealed result'],
  ])('of %s counts for nothing', (_, text, why) => {
    const opened = openAction(Buffer.from(text), forMain, trust)
    expect(opened.ok ? '' : opened.error).toContain(why)
  })

  it('counts for nothing with any part changed, moved to another scope or key, or signed anew by another', () => {
    const other = recordOf({ n: 1 }, {}, { job: 'talk' })
    const sealedOther: unknown = JSON.parse(sealAction('main', other, packs, theirs))
    const { record: text, signature } = Object(sealedOther)
    for (const part of [
      { record: text },
      { record: text, signature },
      { record: text, signature, signer: theirs.publicKey },
      { packs: [] },
      { packs: [['c'.repeat(64), [['b'.repeat(64), 3, 4]]]] },
      { signature: '' },
      { signature: 'AAAA' },
      { signer: 'ed25519:' },
      { signer: 7 },
      { v: 2 },
      { scope: 'pr/17' },
      { key: 'd'.repeat(64) },
    ])
      expect(changed(part).ok, JSON.stringify(part)).toBe(false)
    expect(changed({}).ok).toBe(true)
  })

  it('counts for nothing where who signed it is lying about its key, its sizes or its files', () => {
    const lies = [
      { ...record, action: { n: 3 } },
      recordOf({ n: 1 }, { out: { kind: 'file', digest, sizeBytes: 1 } }),
      recordOf({ n: 1 }, {}, { files: { out: '../../etc/passwd' } }),
      recordOf({ n: 1 }, {}, { files: { out: '/etc/passwd' } }),
    ]
    for (const lie of lies) {
      expect(openAction(Buffer.from(sealAction('main', lie, [], ours)), forMain, trust).ok).toBe(false)
    }
  })
})

describe('trust', () => {
  it('is of all scopes, of one, or of all that begin so', () => {
    const some = trusting(ours.publicKey, `pr/*=${theirs.publicKey}`)
    expect(some.trusts(ours.publicKey, 'main')).toBe(true)
    expect(some.trusts(theirs.publicKey, 'pr/17')).toBe(true)
    for (const scope of ['main', 'pr', 'pro/17', 'main/pr/17']) expect(some.trusts(theirs.publicKey, scope)).toBe(false)
    expect(trusting(`main=${theirs.publicKey}`).trusts(theirs.publicKey, 'main/x')).toBe(false)
  })

  it('refuses what is not a key or a scope, and knows when it is of nobody', () => {
    for (const text of [
      'ci',
      'ed25519:short',
      `../x=${ours.publicKey}`,
      `actions=${ours.publicKey}`,
      `*/x=${ours.publicKey}`,
    ])
      expect(parseTrust([text], undefined).ok, text).toBe(false)
    expect(trusting().isNobody).toBe(true)
    expect(parseTrust([], ours.publicKey)).toMatchObject({ ok: true, value: { isNobody: false } })
  })
})

describe('a signing key', () => {
  it('is read as PEM and as one line, and nothing of it is in the message where it cannot be', () => {
    const pem = newSigningKey()
    const line = pem.split('\n').slice(1, -2).join('')
    const [one, two] = [parseSigningKey(pem), parseSigningKey(line)]
    expect(one.ok && two.ok && one.value.publicKey === two.value.publicKey).toBe(true)
    const broken = parseSigningKey(`${line.slice(0, 30)}secretsecret`)
    expect(broken.ok ? '' : broken.error).not.toContain('secret')
  })
})
