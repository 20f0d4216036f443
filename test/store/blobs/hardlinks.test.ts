import {
  chmodSync,
  closeSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { artifactIsAt } from '../../../store/blobs/artifact-is-at.ts'
import { materializeArtifact, stageArtifact } from '../../../store/index.ts'
import { failureKind, newDirectory, noise, open, value } from '../fixtures.ts'

const hardlink = { link: 'hardlink' } as const

/** A store with one blob out of line, and two links to it. */
async function linked() {
  const store = await open({ dir: newDirectory() })
  const work = newDirectory()
  const at = (name: string) => join(work, name)
  writeFileSync(at('in'), noise(100_000))
  const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', at('in')))
  value(await store.blobs.put(staged))
  for (const name of ['a', 'b']) value(await materializeArtifact(store, artifact, at(name), hardlink))
  const link = (name: string) => materializeArtifact(store, artifact, at(name), hardlink)
  return { store, artifact, at, link }
}

/** Changes a file in place as taggers do that are asked to: its size and its times are those of before. */
function edit(path: string): void {
  const { atime, mtime, mode } = statSync(path)
  chmodSync(path, 0o644)
  const file = openSync(path, 'r+')
  writeSync(file, 'XXXX', 1000)
  closeSync(file)
  utimesSync(path, atime, mtime)
  chmodSync(path, mode)
}

it.each<[string, (at: (name: string) => string) => void]>([
  ['in place', (at) => edit(at('a'))],
  [
    'and renamed',
    (at) => {
      edit(at('a'))
      renameSync(at('a'), at('c'))
    },
  ],
  [
    'and removed',
    (at) => {
      edit(at('a'))
      rmSync(at('a'))
    },
  ],
])('a hardlinked file that is edited %s, with its size and times kept, is served to nobody', async (_, change) => {
  const { store, artifact, at, link } = await linked()
  change(at)
  expect(await artifactIsAt(store, artifact, at('b'))).toBe(false)
  expect(failureKind(await link('d'))).toBe('blob-corrupt')
})

it('a hardlinked file of which a link was removed is read again, once', async () => {
  const { store, at, artifact, link } = await linked()
  rmSync(at('a'))
  expect(Object.keys(value(await link('c')).methods)).toEqual(['hardlink'])
  expect(await artifactIsAt(store, artifact, at('c'))).toBe(true)
})
