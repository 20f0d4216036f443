import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blobPath } from '../../store/disk/layout.ts'
import {
  type ActionRecord,
  actionKey,
  collect,
  createMemoryStore,
  type DirectoryStore,
  digestBytes,
  type LocalStore,
  materializeArtifact,
  openStore,
  planCollection,
  stageArtifact,
  verifyStore,
} from '../../store/index.ts'
import { newDirectory, noise, recordOf, value } from './fixtures.ts'

/** What a walk goes through: the store in a directory, reopened at times, and the one in memory that it must equal. */
interface Walk {
  readonly dir: string
  readonly work: string
  local: DirectoryStore
  readonly model: LocalStore
}

type Step = (walk: Walk) => Promise<void>

const ids = [0, 1, 2, 3]
const sizes = [0, 10, 40_000, 200_000]

async function same<T>(walk: Walk, ask: (store: LocalStore) => Promise<T>): Promise<void> {
  expect(await ask(walk.local)).toEqual(await ask(walk.model))
}

/** Stages and commits one action; its outputs are a value and a file of those contents. */
function commit(id: number, content: number, size: number): Step {
  return async (walk) => {
    const path = join(walk.work, 'source')
    writeFileSync(path, noise(size, content + 1))
    await same(walk, async (store) => {
      const file = value(await stageArtifact(store.blobs, 'file', path))
      const json = value(await stageArtifact(store.blobs, 'json', { content, size }))
      const record = recordOf({ id }, { file: file.artifact, json: json.artifact })
      return store.actions.commit(record, [...file.staged, ...json.staged])
    })
  }
}

function lookUp(id: number): Step {
  return (walk) => same(walk, (store) => store.lookup(actionKey({ id })).then(withoutTime))
}

function withoutTime(found: { readonly kind: string }): unknown {
  return { ...found, evictedAt: undefined }
}

/** Puts the outputs of a hit into a directory; what comes out must be what its digest says. */
function materialize(id: number): Step {
  return async (walk) => {
    const found = await walk.local.lookup(actionKey({ id }))
    if (found.kind !== 'hit') return
    await same(walk, async (store) => {
      const { file } = outputsOf(found.record)
      const done = await materializeArtifact(store, file, join(walk.work, 'target'))
      return done.ok
    })
  }
}

function outputsOf({ result }: ActionRecord) {
  const { file, json } = result.outputs
  if (file === undefined || json === undefined) throw new Error('the record has its outputs')
  return { file, json }
}

function remove(id: number): Step {
  return (walk) => same(walk, (store) => store.actions.remove([actionKey({ id })], 'a test'))
}

const reopen: Step = async (walk) => {
  await walk.local.close()
  walk.local = value(await openStore({ dir: walk.dir }))
}

/** Removes all that no action needs; the model keeps it, which no look-up can tell. */
const sweep: Step = async (walk) => {
  value(await collect(walk.local, value(planCollection(walk.local))))
}

const evictAll: Step = async (walk) => {
  value(await collect(walk.local, value(planCollection(walk.local, { maxSizeBytes: 0 }))))
  value(
    await walk.model.actions.remove(
      ids.map((id) => actionKey({ id })),
      'cache gc',
    ),
  )
}

const verify: Step = async (walk) => {
  const report = value(await verifyStore(walk.local))
  expect(report.damage).toEqual([])
}

/** Flips a byte of a blob's file: it must come out as a miss, and never as bytes. */
function damage(id: number): Step {
  return async (walk) => {
    const found = await walk.local.lookup(actionKey({ id }))
    if (found.kind !== 'hit') return
    const { file } = outputsOf(found.record)
    if (file.sizeBytes <= 32 * 1024) return
    const path = blobPath(walk.local.context.layout, file.digest.hash)
    const { chmodSync } = await import('node:fs')
    chmodSync(path, 0o644)
    writeFileSync(path, noise(file.sizeBytes, 99))
    const done = await materializeArtifact(walk.local, file, join(walk.work, 'target'))
    expect(done).toMatchObject({ ok: false, error: { kind: 'blob-corrupt' } })
    // Computed again, as the engine does, for every action that needs the blob.
    writeFileSync(join(walk.work, 'again'), noise(file.sizeBytes, seedOf(file.digest.hash, file.sizeBytes)))
    value(await walk.local.blobs.put([value(await walk.local.blobs.stageFile(join(walk.work, 'again')))]))
  }
}

function seedOf(hash: string, sizeBytes: number): number {
  const seed = ids.map((content) => content + 1).find((one) => digestBytes(noise(sizeBytes, one)).hash === hash)
  if (seed === undefined) throw new Error('the content is one of those that were committed')
  return seed
}

const step: fc.Arbitrary<readonly [string, Step]> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...ids), fc.constantFrom(...ids), fc.constantFrom(...sizes))
      .map(([id, content, size]): readonly [string, Step] => [
        `commit ${id} ${content} ${size}`,
        commit(id, content, size),
      ]),
  },
  { weight: 3, arbitrary: fc.constantFrom(...ids).map((id): readonly [string, Step] => [`lookup ${id}`, lookUp(id)]) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...ids).map((id): readonly [string, Step] => [`materialize ${id}`, materialize(id)]),
  },
  { weight: 1, arbitrary: fc.constantFrom(...ids).map((id): readonly [string, Step] => [`remove ${id}`, remove(id)]) },
  { weight: 1, arbitrary: fc.constantFrom(...ids).map((id): readonly [string, Step] => [`damage ${id}`, damage(id)]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<readonly [string, Step]>(
      ['reopen', reopen],
      ['sweep', sweep],
      ['evict all', evictAll],
      ['verify', verify],
    ),
  },
)

describe('the store in a directory', () => {
  it('answers as the one in memory does, through any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const dir = newDirectory()
        const walk: Walk = {
          dir,
          work: newDirectory(),
          local: value(await openStore({ dir })),
          model: createMemoryStore(),
        }
        try {
          for (const [, take] of steps) await take(walk)
          for (const id of ids) await lookUp(id)(walk)
        } finally {
          await walk.local.close()
        }
      }),
      { numRuns: Number(process.env.REPRISE_MODEL_RUNS ?? 30) },
    )
  })
})
