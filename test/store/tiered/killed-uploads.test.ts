import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'
import { actionKey, type DirectoryStore, openStore, type TieredStore } from '../../../store/index.ts'
import { createDirectoryPlace } from '../../../store/remote/place/directory-place.ts'
import { newSigningKey, parseSigningKey } from '../../../store/remote/seal/signing-key.ts'
import { createTieredStore } from '../../../store/tiered/tiered-store.ts'
import { programPath } from '../../rig/program.ts'
import { newDirectory, open, value } from '../fixtures.ts'
import { remoteIn } from '../remote/rig.ts'

const secret = newSigningKey()
const parsed = parseSigningKey(secret)
if (!parsed.ok) throw new Error(parsed.error)
const signer = parsed.value

/** Puts the shared directory behind a store, and returns what was wrong with it. */
function behind(local: DirectoryStore, shared: string): { readonly store: TieredStore; readonly told: string[] } {
  const place = createDirectoryPlace(shared)
  const store = createTieredStore(local, remoteIn(place, { write: 'main', signer, trust: [signer.publicKey] }))
  const told: string[] = []
  store.remote.begin((notice) => void (notice.kind === 'failed' && told.push(notice.message)))
  return { store, told }
}

/** Looks results up as another machine does. Returns how many are there, each of them whole. */
async function hitsOn(local: DirectoryStore, shared: string, keys: readonly string[]): Promise<number> {
  const { store, told } = behind(local, shared)
  let hits = 0
  for (const key of keys) {
    const found = await store.lookup(key)
    expect(['hit', 'absent']).toContain(found.kind)
    if (found.kind !== 'hit') continue
    hits += 1
    for (const { digest } of Object.values(found.record.result.outputs)) value(await local.read(digest))
  }
  expect(told).toEqual([])
  return hits
}

const send = (args: readonly string[]) =>
  new Promise<string>((resolve) => {
    execFile(process.execPath, [programPath('send-and-die'), ...args], (error, stdout) =>
      resolve(error === null ? stdout.trim() : String(error.signal ?? error.message)),
    )
  })

it('kills whoever sends results before each request: none is served in part, and the next process sends the rest', async () => {
  const elsewhere = await open({ dir: newDirectory() })
  let isSent = false
  let parts = 0
  for (let fatal = 0; !isSent; fatal++) {
    const [shared, dir] = [newDirectory(), newDirectory()]
    const end = await send([dir, newDirectory(), shared, secret, String(fatal)])
    expect(['SIGKILL', 'sent']).toContain(end)
    isSent = end === 'sent'
    const keys = [2 * fatal, 2 * fatal + 1].map((n) => actionKey({ n }))
    const before = await hitsOn(elsewhere, shared, keys)
    if (before === 1) parts += 1

    const local = value(await openStore({ dir }))
    const { store, told } = behind(local, shared)
    await store.remote.settle()
    expect(told).toEqual([])
    // One that died early had committed the first result only.
    const known = (await Promise.all(keys.map((key) => local.lookup(key)))).filter(({ kind }) => kind === 'hit')
    expect(await hitsOn(elsewhere, shared, keys)).toBe(known.length)
    if (isSent) expect(before).toBe(2)
    await local.close()
  }
  // Otherwise nothing was ever between two results.
  expect(parts).toBeGreaterThan(0)
})
