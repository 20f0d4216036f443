import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { blake3 } from '@napi-rs/blake-hash'
import type { open } from 'lmdb'
import { z } from 'zod'

/*
 * Another program that reads a store, written after store/README.md alone: it uses nothing of the store's own code.
 */

const digest = z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.number() })
const action = z.object({
  key: z.string(),
  action: z.record(z.string(), z.json()),
  result: z.object({ outputs: z.record(z.string(), z.object({ kind: z.enum(['file', 'json', 'tree']), digest })) }),
})
const listing = z.array(z.tuple([z.string(), z.string(), z.number(), z.boolean()]))

export interface WalkedRecord {
  readonly table: string
  readonly key: Buffer
  /** The whole value, with its seal. */
  readonly value: Buffer
}

/** What a walk through a store found. Everything in it was checked: seals, sizes, and the hashes of all blobs. */
export interface WalkedStore {
  readonly records: readonly WalkedRecord[]
  readonly blobs: ReadonlyMap<string, Buffer>
  readonly actions: readonly z.infer<typeof action>[]
  /** Every file outside of the index, with what is in it. */
  readonly files: ReadonlyMap<string, Buffer>
}

/** Walks through a store that no process uses; throws when anything is not as its format says. */
export function walkStore(dir: string): WalkedStore {
  check(readFileSync(join(dir, 'FORMAT'), 'utf8') === 'reprise-store 1\n', 'FORMAT')
  const records = readIndex(join(dir, 'index'))
  const files = readFiles(dir)
  const blobs = new Map<string, Buffer>()
  const unclaimed = new Set([...files.keys()].filter((name) => name.startsWith('blobs/')))
  for (const { table, key, value } of records) {
    if (table !== 'blobs-1') {
      unsealed(key, value)
      continue
    }
    const hash = key.toString('hex')
    const header = unsealed(key, value.subarray(0, 26))
    const name = `blobs/${hash.slice(0, 2)}/${hash.slice(2)}`
    const bytes = header[0] === 1 ? value.subarray(26) : files.get(name)
    if (header[0] === 2) check(unclaimed.delete(name) && (lstatSync(join(dir, name)).mode & 0o777) === 0o444, name)
    check(bytes !== undefined && header.readBigUInt64LE(1) === BigInt(bytes.length), `the size of ${hash}`)
    check(blake3(bytes).equals(key), `the bytes of ${hash}`)
    blobs.set(hash, bytes)
  }
  check(unclaimed.size === 0, `files without a record: ${[...unclaimed].join()}`)
  const actions = records
    .filter(({ table }) => table === 'actions-1')
    .map(({ key, value }) => action.parse(JSON.parse(unsealed(key, value).toString())))
  return { records, blobs, actions, files }
}

/** Returns the blobs of an action, those of the files in its trees among them; each must be there. */
export function blobsOfAction(
  { blobs }: WalkedStore,
  { key, result }: WalkedStore['actions'][number],
): readonly string[] {
  return Object.values(result.outputs).flatMap((output) => {
    const bytes = blobs.get(output.digest.hash)
    check(bytes?.length === output.digest.sizeBytes, `an output of ${key}`)
    if (output.kind !== 'tree') return [output.digest.hash]
    const entries = listing.parse(JSON.parse(bytes.toString()))
    for (const [path, hash, size] of entries) check(blobs.get(hash)?.length === size, `${path} of ${key}`)
    return [output.digest.hash, ...entries.map(([, hash]) => hash)]
  })
}

/** Returns all blobs that were made from a source: by actions that it is an input of, and by those that use these. */
export function blobsMadeFrom(store: WalkedStore, source: string): ReadonlySet<string> {
  const made = new Set<string>()
  for (let before = -1; before < made.size; ) {
    before = made.size
    for (const one of store.actions) {
      const inputs = JSON.stringify(one.action).matchAll(/"b3:([0-9a-f]{64})"/g)
      const uses = [...inputs].some(([, hash = '']) => hash === source || made.has(hash))
      if (uses) for (const hash of blobsOfAction(store, one)) made.add(hash)
    }
  }
  return made
}

/** Returns every place of a store, a record or a file, in which some bytes are. */
export function placesOf({ records, files }: WalkedStore, bytes: Buffer): readonly string[] {
  return [
    ...records.filter(({ key, value }) => key.includes(bytes) || value.includes(bytes)).map(({ table }) => table),
    ...[...files].filter(([, content]) => content.includes(bytes)).map(([name]) => name),
  ]
}

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`not as store/README.md says: ${what}`)
}

/** Returns the payload of a sealed value. */
function unsealed(key: Buffer, value: Buffer): Buffer {
  const payload = value.subarray(17)
  const seal = blake3(Buffer.concat([key, payload])).subarray(0, 16)
  check(value[0] === 1 && seal.equals(value.subarray(1, 17)), `the seal of ${key.toString('hex')}`)
  return payload
}

const binary = { encoding: 'binary', keyEncoding: 'binary' } as const

function readIndex(dir: string): readonly WalkedRecord[] {
  const root = openLmdb<Uint8Array, Uint8Array>(dir, { ...binary, readOnly: true, maxDbs: 32 })
  // Whatever tables there are, so that none that is added later is left out. LMDB ends their names with a NUL or not.
  const tables = [...root.getKeys()].map((name) => Buffer.from(name).toString().replace(/\0$/, ''))
  const records = tables.flatMap((table) =>
    [...root.openDB<Uint8Array, Uint8Array>(table, binary).getRange()].map(({ key, value }) => ({
      table,
      key: Buffer.from(key),
      value: Buffer.from(value),
    })),
  )
  void root.close()
  return records
}

/** As CommonJS: a loader of TypeScript that takes over `import` cannot load the native part. */
const openLmdb: typeof open = createRequire(import.meta.url)('lmdb').open

function readFiles(dir: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(dir.length + 1)
    if (entry.isFile() && !name.startsWith('index/')) files.set(name, readFileSync(path))
  }
  return files
}
