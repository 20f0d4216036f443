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
import { describe, expect, it } from 'vitest'
import {
  artifactIsAt,
  artifactOfPath,
  digestBytes,
  type LocalStore,
  materializeArtifact,
  readJsonArtifact,
  type StagedBlob,
  stageArtifact,
} from '../../store/index.ts'
import { failureKind, isThere, newDirectory, noise, recordOf, value } from '../store/fixtures.ts'

const sizes = [0, 1, 100, 4096, 40_000, 300_000, 3_000_000]

/** Describes what every store on this machine promises besides being a cache; `make` opens a new empty one that is closed after the test. */
export function describeLocalStore(name: string, make: () => Promise<LocalStore>): void {
  describe(`${name}: blobs`, () => blobConformance(make))
  describe(`${name}: actions`, () => actionConformance(make))
  describe(`${name}: artifacts`, () => artifactConformance(make))
  describe(`${name}: memory`, () => memoryConformance(make))
}

function blobConformance(make: () => Promise<LocalStore>): void {
  it.each(sizes)('gives %i bytes back, staged from memory or from a file', async (size) => {
    const store = await make()
    const { blobs } = store
    const dir = newDirectory()
    const bytes = noise(size)
    const digest = digestBytes(bytes)
    expect(await isThere(store, digest)).toBe(false)
    expect(failureKind(await store.read(digest))).toBe('blob-missing')
    const path = join(dir, 'source')
    writeFileSync(path, bytes)
    const staged = value(await blobs.stageFile(path))
    expect(staged.digest).toEqual(digest)
    expect(await isThere(store, digest)).toBe(false)
    value(await blobs.put([staged]))
    expect(await isThere(store, digest)).toBe(true)
    expect(Buffer.compare(value(await store.read(digest)), bytes)).toBe(0)
    expect(blobs.stageBytes(bytes).where).toBe('present')
    const method = value(await blobs.materialize(digest, join(dir, 'deep', 'er', 'target')))
    expect(['reflink', 'copy', 'inline']).toContain(method)
    expect(readFileSync(join(dir, 'deep', 'er', 'target')).equals(bytes)).toBe(true)
  })

  it('puts what was staged in memory, whatever its size', async () => {
    const store = await make()
    const { blobs } = store
    const all = sizes.map((size) => noise(size, 7))
    value(await blobs.put(all.map((bytes) => blobs.stageBytes(bytes))))
    for (const bytes of all) expect(Buffer.compare(value(await store.read(digestBytes(bytes))), bytes)).toBe(0)
  })

  it('sets the executable bit, replaces what is there, and leaves nothing else', async () => {
    const { blobs } = await make()
    const dir = newDirectory()
    for (const size of [10, 200_000]) {
      const blob = blobs.stageBytes(noise(size))
      value(await blobs.put([blob]))
      const path = join(dir, `file-${size}`)
      writeFileSync(path, 'old')
      value(await blobs.materialize(blob.digest, path, { executable: true }))
      expect(statSync(path).mode & 0o777).toBe(0o755)
      value(await blobs.materialize(blob.digest, path))
      expect(statSync(path).mode & 0o777).toBe(0o644)
      expect(statSync(path).size).toBe(size)
    }
    expect(readdirSync(dir).sort()).toEqual(['file-10', 'file-200000'])
  })

  it('refuses links, directories and what is not there', async () => {
    const { blobs } = await make()
    const dir = newDirectory()
    writeFileSync(join(dir, 'file'), 'x')
    symlinkSync('file', join(dir, 'link'))
    expect(failureKind(await blobs.stageFile(join(dir, 'link')))).toBe('source-unsupported')
    expect(failureKind(await blobs.stageFile(dir))).toBe('source-unsupported')
    expect(failureKind(await blobs.stageFile(join(dir, 'none')))).toBe('source-unreadable')
  })

  it('puts all of the staged blobs or none', async () => {
    const store = await make()
    const { blobs } = store
    const good = blobs.stageBytes(noise(10, 1))
    const large = blobs.stageBytes(noise(100_000, 2))
    const gone: StagedBlob = { where: 'present', digest: digestBytes(noise(10, 3)) }
    expect(failureKind(await blobs.put([good, large, gone]))).toBe('blob-missing')
    expect(await isThere(store, good.digest)).toBe(false)
    expect(await isThere(store, large.digest)).toBe(false)
    value(await blobs.put([good, large]))
    expect(await isThere(store, large.digest)).toBe(true)
  })

  it('keeps two blobs apart that differ in one byte, and takes the same one twice', async () => {
    const store = await make()
    const { blobs } = store
    const bytes = noise(100_000)
    const other = Buffer.from(bytes)
    other[50_000] = (other[50_000] ?? 0) ^ 1
    const staged = [blobs.stageBytes(bytes), blobs.stageBytes(bytes), blobs.stageBytes(other)]
    value(await blobs.put(staged))
    value(await blobs.put(staged))
    expect(Buffer.compare(value(await store.read(digestBytes(bytes))), bytes)).toBe(0)
    expect(Buffer.compare(value(await store.read(digestBytes(other))), other)).toBe(0)
  })

  it('answers for a target that cannot be written', async () => {
    const { blobs } = await make()
    const dir = newDirectory()
    const blob = blobs.stageBytes(noise(10))
    value(await blobs.put([blob]))
    writeFileSync(join(dir, 'file'), 'x')
    expect(failureKind(await blobs.materialize(blob.digest, join(dir, 'file', 'below')))).toBe('target-unwritable')
    expect(readdirSync(dir)).toEqual(['file'])
  })
}

function actionConformance(make: () => Promise<LocalStore>): void {
  it('looks up what was committed, together with its blobs', async () => {
    const store = await make()
    const { blobs, actions } = store
    const { artifact, staged } = value(await stageArtifact(blobs, 'json', { words: 3 }))
    const record = recordOf({ stage: 'count' }, { count: artifact })
    expect(await store.lookup(record.key)).toEqual({ kind: 'absent' })
    value(await actions.commit(record, staged))
    expect(await store.lookup(record.key)).toEqual({ kind: 'hit', record })
    expect(await isThere(store, artifact.digest)).toBe(true)
  })

  it('commits neither the action nor its blobs when one is missing', async () => {
    const store = await make()
    const { blobs, actions } = store
    const here = value(await stageArtifact(blobs, 'json', 1))
    const gone = value(await stageArtifact(blobs, 'json', 2))
    const record = recordOf({ stage: 'two' }, { here: here.artifact, gone: gone.artifact })
    expect(failureKind(await actions.commit(record, here.staged))).toBe('blob-missing')
    expect(await store.lookup(record.key)).toEqual({ kind: 'absent' })
    expect(await isThere(store, here.artifact.digest)).toBe(false)
  })

  it('remembers who removed an action, until it is committed again', async () => {
    const store = await make()
    const { blobs, actions } = store
    const { artifact, staged } = value(await stageArtifact(blobs, 'json', 'x'))
    const record = recordOf({ stage: 'x' }, { x: artifact })
    value(await actions.commit(record, staged))
    value(await actions.remove([record.key, '0'.repeat(64)], 'cache gc'))
    expect(await store.lookup(record.key)).toMatchObject({ kind: 'evicted', by: 'cache gc' })
    expect(await store.lookup('0'.repeat(64))).toEqual({ kind: 'absent' })
    value(await actions.commit(record, staged))
    expect((await store.lookup(record.key)).kind).toBe('hit')
  })

  it('replaces a record of the same key', async () => {
    const store = await make()
    const { blobs, actions } = store
    const one = value(await stageArtifact(blobs, 'json', 1))
    const two = value(await stageArtifact(blobs, 'json', 2))
    value(await actions.commit(recordOf({ a: 1 }, { out: one.artifact }), one.staged))
    const second = recordOf({ a: 1 }, { out: two.artifact })
    value(await actions.commit(second, two.staged))
    expect(await store.lookup(second.key)).toEqual({ kind: 'hit', record: second })
  })
}

function artifactConformance(make: () => Promise<LocalStore>): void {
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

function memoryConformance(make: () => Promise<LocalStore>): void {
  it('forgets a job, and not what its steps were', async () => {
    const { ledger, flush } = await make()
    const { jobs } = ledger
    const memory = { key: recordOf({ v: 1 }, {}).key, action: { v: 1 } }
    jobs.remember('/jobs/one', 'subtitles', new Map([['demux', memory]]))
    jobs.remember('/jobs/two', 'subtitles', new Map())
    value(flush())
    for (const settle of [() => undefined, () => value(flush())]) {
      jobs.forget(['/jobs/one', '/jobs/none'])
      settle()
      expect(jobs.list()).toEqual([{ job: '/jobs/two', pipeline: 'subtitles' }])
      expect(jobs.steps('/jobs/one')).toEqual(new Map())
      expect(jobs.stepNames('/jobs/one')).toEqual([])
      expect(jobs.lastAction('/jobs/one', 'subtitles', 'demux')).toEqual({ ...memory, from: 'elsewhere' })
    }
    jobs.remember('/jobs/one', 'subtitles', new Map([['demux', memory]]))
    value(flush())
    expect(jobs.steps('/jobs/one')).toEqual(new Map([['demux', memory]]))
  })

  it('remembers the last action of a step, in this job or in another', async () => {
    const { ledger, flush } = await make()
    const { jobs } = ledger
    const action = { stage: 'demux', params: { a: 1 } }
    const memory = { key: recordOf(action, {}).key, action }
    const seen = () => [
      jobs.lastAction('/jobs/one', 'subtitles', 'demux'),
      jobs.lastAction('/jobs/two', 'subtitles', 'demux'),
      jobs.lastAction('/jobs/one', 'other', 'demux'),
      jobs.steps('/jobs/one'),
      jobs.list(),
    ]
    expect(jobs.lastAction('/jobs/one', 'subtitles', 'demux')).toBeUndefined()
    jobs.remember('/jobs/one', 'subtitles', new Map([['demux', memory]]))
    expect(jobs.lastAction('/jobs/one', 'subtitles', 'demux')).toEqual({ ...memory, from: 'job' })
    value(flush())
    expect(seen()).toEqual([
      { ...memory, from: 'job' },
      { ...memory, from: 'elsewhere' },
      undefined,
      new Map([['demux', memory]]),
      [{ job: '/jobs/one', pipeline: 'subtitles' }],
    ])
    const later = { key: recordOf({ v: 2 }, {}).key, action: { v: 2 } }
    jobs.remember('/jobs/one', 'subtitles', new Map([['mux', later]]))
    value(flush())
    expect(Object.fromEntries(jobs.steps('/jobs/one'))).toEqual({ demux: memory, mux: later })
    expect(jobs.stepNames('/jobs/one')).toEqual(['demux', 'mux'])
  })

  it('remembers durations, the newest last, and memos', async () => {
    const { ledger, flush } = await make()
    const { durations, memos } = ledger
    expect(durations.recent('demux', 'cpu')).toEqual([])
    for (let durationMs = 0; durationMs < 50; durationMs++)
      durations.record('demux', 'cpu', { durationMs, inputBytes: 1 })
    value(flush())
    durations.record('demux', 'cpu', { durationMs: 99, inputBytes: 2 })
    expect(durations.recent('demux', 'cpu').at(-1)).toEqual({ durationMs: 99, inputBytes: 2 })
    expect(durations.recent('demux', 'cpu').at(-2)).toEqual({ durationMs: 49, inputBytes: 1 })
    expect(durations.recent('demux', 'gpu')).toEqual([])
    expect(memos.get('ffmpeg')).toBeUndefined()
    memos.set('ffmpeg', { version: '5.1' })
    expect(memos.get('ffmpeg')).toEqual({ version: '5.1' })
    value(flush())
    expect(memos.get('ffmpeg')).toEqual({ version: '5.1' })
  })

  it('counts the look-ups of a day, those of an action once', async () => {
    const store = await make()
    const { actions, ledger, flush } = store
    expect(ledger.days.recent()).toEqual([])
    const hit = recordOf({ v: 1 }, {})
    value(await actions.commit(hit, []))
    for (const key of [hit.key, hit.key, recordOf({ v: 2 }, {}).key]) await store.lookup(key)
    for (const settle of [() => undefined, () => value(flush())]) {
      settle()
      expect(ledger.days.recent()).toMatchObject([{ hits: 1, misses: 1, savedMs: 1000 }])
    }
  })

  it('lets one hold a lease at a time, and hands it on', async () => {
    const { leases } = await make()
    const first = leases.tryAcquire('action:1', 'one')
    if (!('lease' in first)) throw new Error('the lease is free')
    expect(leases.tryAcquire('action:1', 'two')).toMatchObject({ holder: { note: 'one', pid: process.pid } })
    expect('lease' in leases.tryAcquire('action:2', 'other')).toBe(true)
    expect(leases.holder('action:1')).toMatchObject({ note: 'one', pid: process.pid, isHere: true })
    expect(leases.holder('action:3')).toBeUndefined()
    expect(leases.held('action:1')).toMatchObject([{ name: 'action:1', holder: { note: 'one', pid: process.pid } }])
    expect(
      leases
        .held('action:')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['action:1', 'action:2'])
    expect(leases.held('run:')).toEqual([])
    const waited: string[] = []
    const second = leases.acquire('action:1', 'two', { onWait: ({ note }) => waited.push(note) })
    first.lease.release()
    first.lease.release()
    const lease = await second
    expect(waited).toEqual(['one'])
    expect('holder' in leases.tryAcquire('action:1', 'three')).toBe(true)
    lease.release()
    expect('lease' in leases.tryAcquire('action:1', 'four')).toBe(true)
  })

  it('stops waiting for a lease when aborted, with the reason', async () => {
    const { leases } = await make()
    leases.tryAcquire('busy', 'one')
    const controller = new AbortController()
    const waiting = leases.acquire('busy', 'two', {
      signal: controller.signal,
      onWait: () => controller.abort(new Error('enough')),
    })
    await expect(waiting).rejects.toThrow('enough')
  })
}
