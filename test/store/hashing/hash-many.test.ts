import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashedFiles, hashMany, hashSmallFile, manyFiles } from '../../../store/hashing/hash-many.ts'
import { digestBytes } from '../../../store/index.ts'
import { newDirectory, noise, open, value } from '../fixtures.ts'

/** Calls `body` as a user who owns nothing, where the tests run as root. */
function asNobody<Value>(body: () => Value): Value {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    return body()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

describe.runIf(process.platform === 'linux')('the files that are hashed', () => {
  const ofRoot = '/etc/passwd'

  it('keep their time of access, and are read all the same where that is left to their owner', async () => {
    const dir = newDirectory()
    const paths = ['one', 'two', 'three'].map((name) => join(dir, name))
    paths.forEach((path, index) => {
      writeFileSync(path, noise(5_000 * index))
      utimesSync(path, 1_000, 2_000)
    })
    const store = await open({ dir: newDirectory() })
    const found = await store.ledger.fileDigests.digests(paths)
    expect(found.map((one) => value(one).digest)).toEqual([0, 5_000, 10_000].map((size) => digestBytes(noise(size))))
    expect(paths.map((path) => statSync(path).atimeMs)).toEqual([1_000_000, 1_000_000, 1_000_000])

    const others = await asNobody(() => store.ledger.fileDigests.digest(ofRoot))
    expect(value(others).digest).toEqual(digestBytes(readFileSync(ofRoot)))
  })

  it('are read to their end where they have grown or shrunk since their stat', () => {
    const path = join(newDirectory(), 'file')
    for (const sizeBytes of [0, 100, 300_000, 524_288]) {
      writeFileSync(path, noise(sizeBytes))
      for (const stated of [0, 99, 101, sizeBytes, 600_000]) {
        expect(hashSmallFile({ path, sizeBytes: stated })).toEqual({ ok: true, value: digestBytes(noise(sizeBytes)) })
      }
    }
  })
})

describe('many files in a message', () => {
  it('have their digests, or the codes of their errors, in their order', () => {
    const dir = newDirectory()
    const paths = ['one', 'missing', 'three'].map((name) => join(dir, name))
    for (const path of paths) if (!path.endsWith('missing')) writeFileSync(path, noise(5_000, path.length))
    const hashed = hashedFiles(hashMany(manyFiles(paths.map((path) => ({ path, sizeBytes: 5_000 })))))
    expect(hashed).toEqual([
      { ok: true, value: digestBytes(readFileSync(join(dir, 'one'))) },
      { ok: false, error: 'ENOENT' },
      { ok: true, value: digestBytes(readFileSync(join(dir, 'three'))) },
    ])
  })
})
