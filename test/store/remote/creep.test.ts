import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ActionRecord, digestBytes } from '../../../store/index.ts'
import { packable, sendPacks } from '../../../store/remote/cache/packs.ts'
import { actionPath, blobPath } from '../../../store/remote/layout/remote-layout.ts'
import { createDirectoryPlace } from '../../../store/remote/place/directory-place.ts'
import { sealAction } from '../../../store/remote/seal/sealed-action.ts'
import { newDirectory, noise, recordOf, value } from '../fixtures.ts'
import { newKey, remoteIn } from './rig.ts'

/**
 * A pull request's credentials against the main branch (CVE-2025-36852). In one half of the attempts no policy of the
 * server helps: the attacker writes and removes whatever it likes. In the other it may add objects, and change none. So many attempts in CI; 10,000 by command: REPRISE_CREEP=10000.
 */
const attempts = Number(process.env.REPRISE_CREEP ?? 200)

const [main, pull, stranger] = [newKey(), newKey(), newKey()]
const trust = [`main=${main.publicKey}`, `pr/*=${pull.publicKey}`]

/** Numbers by chance that are the same in each run. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}

interface Target {
  readonly dir: string
  readonly record: ActionRecord
  readonly poisoned: ActionRecord
  /** Whether the main branch has published its result before. */
  readonly isPublished: boolean
  readonly below: (n: number) => number
}

const right = noise(3000, 1)
const wrong = noise(3000, 2)

function file(bytes: Uint8Array) {
  const digest = digestBytes(bytes)
  return { kind: 'file' as const, digest, sizeBytes: digest.sizeBytes }
}

/** Writes an object without asking anybody. */
function put(dir: string, path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), bytes)
}

function objectsIn(dir: string, below: string): readonly string[] {
  const all = readdirSync(join(dir, 'main'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return all.map((entry) => join(entry.parentPath, entry.name)).filter((path) => path.includes(`/${below}/`))
}

const strategies: Readonly<Record<string, (target: Target) => void>> = {
  'signs for main with the key of pull requests'({ dir, poisoned }) {
    put(dir, actionPath('main', poisoned.key), sealAction('main', poisoned, [], pull))
  },
  'moves its own result to main'({ dir, poisoned }) {
    put(dir, actionPath('main', poisoned.key), sealAction('pr/17', poisoned, [], pull))
  },
  'says of its own result that it is of main'({ dir, poisoned }) {
    const sealed: object = JSON.parse(sealAction('pr/17', poisoned, [], pull))
    put(dir, actionPath('main', poisoned.key), JSON.stringify({ ...sealed, scope: 'main' }))
  },
  'names the main branch as the signer'({ dir, poisoned }) {
    const sealed: object = JSON.parse(sealAction('main', poisoned, [], stranger))
    put(dir, actionPath('main', poisoned.key), JSON.stringify({ ...sealed, signer: main.publicKey }))
  },
  'leaves the signature out'({ dir, poisoned }) {
    put(dir, actionPath('main', poisoned.key), sealAction('main', poisoned, [], undefined))
  },
  'puts another outcome under the signature of main'({ dir, record, poisoned }) {
    const sealed: object = JSON.parse(sealAction('main', record, [], main))
    const text: unknown = JSON.parse(sealAction('main', poisoned, [], pull)).record
    put(dir, actionPath('main', record.key), JSON.stringify({ ...sealed, record: text }))
  },
  'serves what main signed for another action'({ dir, record, below }) {
    const other = recordOf({ other: below(1000) }, { out: file(wrong) })
    put(dir, actionPath('main', record.key), sealAction('main', other, [], main))
  },
  'changes a byte of the record'({ dir, record, below }) {
    const path = join(dir, actionPath('main', record.key))
    const bytes = Buffer.from(sealAction('main', record, [], main))
    const at = below(bytes.byteLength)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  },
  'writes other bytes under the names of blobs'({ dir, below }) {
    for (const path of objectsIn(dir, 'blobs')) writeFileSync(path, below(2) === 0 ? wrong : wrong.subarray(below(100)))
  },
  'changes a byte of a pack'({ dir, below }) {
    for (const path of objectsIn(dir, 'packs')) {
      const bytes = readFileSync(path)
      const at = below(bytes.byteLength)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      writeFileSync(path, bytes)
    }
  },
  'removes what is there'({ dir, below }) {
    for (const path of [...objectsIn(dir, 'blobs'), ...objectsIn(dir, 'packs')]) if (below(2) === 0) rmSync(path)
  },
  'occupies the key with something else'({ dir, record, below }) {
    const junk = ['', '{}', 'null', '[]', '{"v":1}', '{"__proto__":{}}', '<html>', 'x'.repeat(below(100_000))]
    put(dir, actionPath('main', record.key), junk[below(junk.length)] ?? '')
  },
  'occupies the names of the blobs'({ dir, record }) {
    for (const { digest } of Object.values(record.result.outputs)) put(dir, blobPath('main', digest.hash), wrong)
  },
}

describe('a pull request against the main branch', () => {
  it(`succeeds in none of ${attempts} attempts, and harms no run`, async () => {
    const names = Object.keys(strategies)
    const outcome = { hits: 0, misses: 0, healed: 0 }
    for (let attempt = 0; attempt < attempts; attempt++) {
      const below = chance(attempt + 1)
      const dir = newDirectory()
      const place = createDirectoryPlace(dir)
      const small = Array.from({ length: 80 }, (_, n) => noise(50, attempt * 100 + n + 10))
      const listing = Buffer.from(
        JSON.stringify(small.map((bytes, n) => [`f${String(n).padStart(2, '0')}`, digestBytes(bytes).hash, 50, false])),
      )
      const tree = { kind: 'tree' as const, digest: digestBytes(listing), sizeBytes: 80 * 50 }
      const record = recordOf({ attempt }, { out: file(right), tree })
      const poisoned = recordOf({ attempt }, { out: file(wrong) })
      expect(poisoned.key).toBe(record.key)

      const publish = async () => {
        const cache = remoteIn(place, { write: 'main', signer: main, trust })
        const blobs = [...small, listing].map((bytes) => ({ digest: digestBytes(bytes), bytes }))
        const packs = value(await sendPacks(cache.site, 'main', packable(blobs), {}))
        value(await cache.send([{ digest: digestBytes(right), bytes: right }]))
        value(await cache.recordPacked(record, packs))
      }
      // The attacker has its own scope, in which everything of it is whole.
      const attacker = remoteIn(place, { read: ['pr/17', 'main'], write: 'pr/17', signer: pull, trust })
      value(await attacker.send([{ digest: digestBytes(wrong), bytes: wrong }]))
      value(await attacker.record(poisoned))
      const isPublished = below(4) > 0
      if (isPublished) await publish()
      else mkdirSync(join(dir, 'main'), { recursive: true })
      put(dir, blobPath('main', digestBytes(wrong).hash), wrong)
      const isGuarded = below(2) === 0
      const before = new Map(objectsIn(dir, 'main').map((path) => [path, readFileSync(path)]))
      for (let strokes = 1 + below(3); strokes > 0; strokes--) {
        strategies[names[(attempt + strokes) % names.length] ?? '']?.({ dir, record, poisoned, isPublished, below })
      }

      if (isGuarded) for (const [path, bytes] of before) writeFileSync(path, bytes)

      // The next run of the main branch: it hits its own result, whole, or computes.
      const reader = remoteIn(place, { trust })
      const found = await reader.find(record.key)
      let isHit = found.kind === 'hit'
      if (found.kind === 'hit') {
        expect(found.record).toEqual(record)
        for (const bytes of [right, listing, ...small]) {
          const read = await reader.read(digestBytes(bytes))
          if (read.ok) expect(Buffer.compare(read.value, bytes)).toBe(0)
          else isHit = false
        }
      }
      if (isPublished && isGuarded) expect(isHit).toBe(true)
      outcome[isHit ? 'hits' : 'misses'] += 1
      if (isHit) continue
      // It computes, and publishes; then all is well again. What was damaged is found by who may write.
      const writer = remoteIn(place, { write: 'main', signer: main, trust })
      if ((await writer.find(record.key)).kind === 'hit')
        for (const bytes of [right, listing, ...small]) await writer.read(digestBytes(bytes))
      else for (const bytes of [right]) await writer.read(digestBytes(bytes))
      await publish()
      const again = remoteIn(place, { trust })
      const healed = await again.find(record.key)
      expect(healed.kind === 'hit' && healed.record).toEqual(record)
      outcome.healed += 1
      rmSync(dir, { recursive: true })
    }
    expect(outcome.hits + outcome.misses).toBe(attempts)
    // Both happen, or the attempts tried nothing.
    expect(Math.min(outcome.hits, outcome.misses)).toBeGreaterThan(attempts / 50)
    expect(outcome.healed).toBe(outcome.misses)
  }, 3_600_000)
})
