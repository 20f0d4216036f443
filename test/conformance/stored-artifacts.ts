import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  artifactIsAt,
  artifactOfPath,
  type LocalStore,
  materializeArtifact,
  readJsonArtifact,
  stageArtifact,
} from '../../store/index.ts'
import { failureKind, newDirectory, noise, recordOf, value } from '../store/fixtures.ts'

/** What every store on this machine promises of artifacts: files, trees and JSON values. */
export function storedArtifacts(make: () => Promise<LocalStore>): void {
  it('carries a tree with its executable bits, and tells what is at a path', async () => {
    const store = await make()
    const dir = newDirectory()
    const source = join(dir, 'source')
    mkdirSync(join(source, 'bin', 'deep'), { recursive: true })
    writeFileSync(join(source, 'bin', 'tool'), '#!/bin/sh\n')
    chmodSync(join(source, 'bin', 'tool'), 0o755)
    writeFileSync(join(source, 'bin', 'deep', 'ünï\ncode --flag'), noise(5000))
    writeFileSync(join(source, 'large'), noise(500_000))
    const { artifact, staged, files } = value(await stageArtifact(store.blobs, 'tree', source))
    expect(files.map(({ path }) => path).sort()).toEqual(
      ['bin/deep/ünï\ncode --flag', 'bin/tool', 'large'].map((path) => join(source, path)).sort(),
    )
    expect(artifact).toMatchObject({ kind: 'tree', sizeBytes: 505_010 })
    expect(value(await artifactOfPath(store, 'tree', source))).toEqual(artifact)
    const record = recordOf({ t: 1 }, { out: artifact })
    value(await store.actions.commit(record, staged))
    expect((await store.lookup(record.key)).kind).toBe('hit')
    const target = join(dir, 'target')
    expect(await artifactIsAt(store, artifact, target)).toBe(false)
    for (let round = 0; round < 2; round++) {
      value(await materializeArtifact(store, artifact, target))
      expect(await artifactIsAt(store, artifact, target)).toBe(true)
      expect(readFileSync(join(target, 'large')).equals(noise(500_000))).toBe(true)
      expect(statSync(join(target, 'bin', 'tool')).mode & 0o777).toBe(0o755)
      expect(statSync(join(target, 'large')).mode & 0o777).toBe(0o644)
    }
    expect(readdirSync(dir).sort()).toEqual(['source', 'target'])
  })

  it('takes a link to a file for that file, with its executable bit', async () => {
    const store = await make()
    const dir = newDirectory()
    for (const [name, mode] of [
      ['plain', 0o644],
      ['tool', 0o755],
    ] as const) {
      writeFileSync(join(dir, name), name)
      chmodSync(join(dir, name), mode)
      symlinkSync(join(dir, name), join(dir, `${name}.link`))
      const linked = value(await artifactOfPath(store, 'file', join(dir, `${name}.link`)))
      expect(linked).toEqual(value(await artifactOfPath(store, 'file', join(dir, name))))
      expect(linked.executable ?? false).toBe(name === 'tool')
    }
  })

  it('notices in a tree an extra file, a missing one, a changed one, a mode, a link', async () => {
    const store = await make()
    const dir = newDirectory()
    const source = join(dir, 'source')
    mkdirSync(join(source, 'sub'), { recursive: true })
    writeFileSync(join(source, 'a'), 'aaaa')
    writeFileSync(join(source, 'sub', 'b'), 'bbbb')
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'tree', source))
    value(await store.blobs.put(staged))
    const spoil: readonly ((target: string) => void)[] = [
      (target) => writeFileSync(join(target, 'extra'), ''),
      (target) => mkdirSync(join(target, 'empty')),
      (target) => writeFileSync(join(target, 'a'), 'aaaA'),
      (target) => chmodSync(join(target, 'a'), 0o755),
      (target) => writeFileSync(join(target, 'sub', 'b'), 'longer'),
    ]
    for (const [index, change] of spoil.entries()) {
      const target = join(dir, `target-${index}`)
      value(await materializeArtifact(store, artifact, target))
      expect(await artifactIsAt(store, artifact, target)).toBe(true)
      change(target)
      expect(await artifactIsAt(store, artifact, target)).toBe(false)
    }
  })

  it('recognizes a file by content when its stat is unknown, and not by stat when its content differs', async () => {
    const store = await make()
    const dir = newDirectory()
    const source = join(dir, 'source')
    writeFileSync(source, 'same')
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', source))
    value(await store.blobs.put(staged))
    expect(await artifactIsAt(store, artifact, source)).toBe(true)
    utimesSync(source, 1, 1)
    expect(await artifactIsAt(store, artifact, source)).toBe(true)
    writeFileSync(source, 'Same')
    expect(await artifactIsAt(store, artifact, source)).toBe(false)
    symlinkSync(source, join(dir, 'link'))
    expect(await artifactIsAt(store, artifact, join(dir, 'link'))).toBe(false)
  })

  it('carries JSON values', async () => {
    const store = await make()
    const dir = newDirectory()
    const json = { b: [1, 'zwei', null], a: true }
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'json', json))
    value(await store.blobs.put(staged))
    expect(value(await readJsonArtifact(store, artifact))).toEqual(json)
    value(await materializeArtifact(store, artifact, join(dir, 'value.json')))
    expect(readFileSync(join(dir, 'value.json'), 'utf8')).toBe('{"a":true,"b":[1,"zwei",null]}')
    expect(await artifactIsAt(store, artifact, join(dir, 'value.json'))).toBe(true)
  })

  it('refuses a link in a tree, and stages nothing of it', async () => {
    const store = await make()
    const dir = newDirectory()
    writeFileSync(join(dir, 'file'), 'x')
    symlinkSync('/etc/passwd', join(dir, 'link'))
    expect(failureKind(await stageArtifact(store.blobs, 'tree', dir))).toBe('source-unsupported')
    expect(failureKind(await stageArtifact(store.blobs, 'file', join(dir, 'link')))).toBe('source-unsupported')
  })

  it.each([['../up'], ['/abs'], ['a/../../up'], ['a//b'], [''], ['a/./b'], ['nul\0']])(
    'never writes outside its root: %j',
    async (path) => {
      const store = await make()
      const dir = newDirectory()
      const file = store.blobs.stageBytes(Buffer.from('evil'))
      const rows = [[path, file.digest.hash, 4, false]]
      const listing = store.blobs.stageBytes(Buffer.from(JSON.stringify(rows)))
      value(await store.blobs.put([file, listing]))
      const artifact = { kind: 'tree', digest: listing.digest, sizeBytes: 4 } as const
      expect(failureKind(await materializeArtifact(store, artifact, join(dir, 'root', 'tree')))).toBe('blob-corrupt')
      expect(await artifactIsAt(store, artifact, join(dir, 'root', 'tree'))).toBe(false)
      expect(readdirSync(dir)).toEqual([])
    },
  )
}
