import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { actionKey, openStore, type Result, type StoredArtifact, stageArtifact } from '../../../store/index.ts'
import { createRemoteCache } from '../../../store/remote/cache/remote-cache.ts'
import { createDirectoryPlace } from '../../../store/remote/place/directory-place.ts'
import { parseSigningKey } from '../../../store/remote/seal/signing-key.ts'
import { parseTrust } from '../../../store/remote/seal/trust.ts'
import { createTieredStore } from '../../../store/tiered/tiered-store.ts'
import { noise } from '../noise.ts'

/**
 * Commits two results, sends them to a shared directory, and dies before a request of those that this takes. Prints
 * `sent` where it takes fewer.
 */
const [dir = '', work = '', shared = '', signingKey = '', fatal = ''] = process.argv.slice(2)
/** Results of others are other ones. */
const first = 2 * Number(fatal)
const signer = must(parseSigningKey(signingKey))
let requests = 0
const dying =
  <Args extends unknown[], Value>(call: (...args: Args) => Value) =>
  (...args: Args) => {
    if (requests === Number(fatal)) process.kill(process.pid, 'SIGKILL')
    requests += 1
    return call(...args)
  }
const { stat, read, write, touch, ...place } = createDirectoryPlace(shared)
const remote = createRemoteCache({
  place: { ...place, stat: dying(stat), read: dying(read), write: dying(write), touch: dying(touch) },
  readScopes: ['main'],
  writeScope: 'main',
  trust: must(parseTrust([signer.publicKey], undefined)),
  signer,
})
const local = must(await openStore({ dir }))
const store = createTieredStore(local, remote)
store.remote.begin(() => {})
for (const n of [first, first + 1]) {
  const large = join(work, `large-${n}`)
  writeFileSync(large, noise(400_000, n))
  const staged = [
    must(await stageArtifact(store.blobs, 'file', large)),
    must(await stageArtifact(store.blobs, 'json', { n })),
  ]
  const [file, json] = staged.map(({ artifact }) => artifact)
  const outputs: Record<string, StoredArtifact> = {}
  if (file !== undefined && json !== undefined) Object.assign(outputs, { file, json })
  const result = { outputs, durationMs: 60_000, device: 'cpu', tools: {}, producedAt: '2026-01-01T00:00:00.000Z' }
  const labels = { pipeline: 'p', step: 's', job: '/jobs/one', files: {} }
  must(
    await store.actions.commit(
      { key: actionKey({ n }), action: { n }, result, labels },
      staged.flatMap((one) => one.staged),
    ),
  )
}
await store.remote.settle()
await store.close()
process.stdout.write('sent\n')

function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
