import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { aboutName, actionName, blobName, sumsLine, sumsName } from '../../../store/archive/archive-layout.ts'
import { paddingBytes, parseTarHeader, tarEnd, tarHeader } from '../../../store/archive/archive-tar.ts'
import {
  actionKey,
  type DirectoryStore,
  digestBytes,
  exportActions,
  importArchive,
  materializeArtifact,
  planCollection,
  stageArtifact,
  verifyStore,
} from '../../../store/index.ts'
import { runProgram } from '../../rig/command.ts'
import { startScript } from '../child.ts'
import { newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

const demux = recordOf({ step: 'demux' }, {})
const tracks = recordOf({ step: 'tracks' }, {})

async function commitAll(store: DirectoryStore): Promise<void> {
  const dir = newDirectory()
  writeFileSync(join(dir, 'audio.wav'), noise(3_000_000, 1))
  const audio = value(await stageArtifact(store.blobs, 'file', join(dir, 'audio.wav')))
  const out = { audio: audio.artifact }
  value(await store.actions.commit(recordOf({ step: 'demux' }, out, { files: { audio: 'audio.wav' } }), audio.staged))
  mkdirSync(join(dir, 'tracks', 'deep'), { recursive: true })
  writeFileSync(join(dir, 'tracks', 'en.srt'), noise(700, 2))
  writeFileSync(join(dir, 'tracks', 'deep', 'empty'), '')
  const tree = value(await stageArtifact(store.blobs, 'tree', join(dir, 'tracks')))
  const labels = { step: 'tracks', files: { tracks: 'tracks' } }
  value(await store.actions.commit(recordOf({ step: 'tracks' }, { tracks: tree.artifact }, labels), tree.staged))
  store.ledger.jobs.remember(
    '/jobs/one',
    'subtitles',
    new Map([
      ['demux', { key: demux.key, action: demux.action }],
      ['tracks', { key: tracks.key, action: tracks.action }],
    ]),
  )
  value(store.flush())
}

function succeeded<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

async function exported() {
  const dir = newDirectory()
  const store = await open({ dir: join(dir, 'store') })
  await commitAll(store)
  const file = join(dir, 'job.reprise')
  const summary = succeeded(await exportActions(store, { job: '/jobs/one' }, file))
  const empty = await open({ dir: join(dir, 'empty') })
  return { dir, store, file, summary, empty }
}

describe('an archive', () => {
  it('carries actions and blobs into an empty store, and is the same file each time', async () => {
    const { dir, store, file, summary, empty } = await exported()
    expect(summary).toMatchObject({ actions: 2, blobs: 4, leftOut: [] })
    succeeded(await exportActions(store, { job: '/jobs/one' }, join(dir, 'again')))
    expect(readFileSync(join(dir, 'again')).equals(readFileSync(file))).toBe(true)
    expect(succeeded(await exportActions(store, { pipeline: 'subtitles' }, join(dir, 'again'))).actions).toBe(2)
    const seen: number[] = []
    const imported = succeeded(
      await importArchive(empty, file, { onProgress: ({ bytesDone }) => seen.push(bytesDone) }),
    )
    expect(imported).toMatchObject({ actions: 2, present: 0, blobs: 4 })
    expect(seen.length).toBeGreaterThan(3)
    const found = await empty.lookup(tracks.key)
    const original = await store.lookup(tracks.key)
    if (found.kind !== 'hit' || original.kind !== 'hit') throw new Error('a hit was expected')
    expect(found.record).toEqual({ ...original.record, labels: { ...original.record.labels, job: 'one' } })
    const tree = found.record.result.outputs.tracks
    if (tree === undefined) throw new Error('an output was expected')
    value(await materializeArtifact(empty, tree, join(dir, 'target')))
    expect(readFileSync(join(dir, 'target', 'en.srt')).equals(noise(700, 2))).toBe(true)
    expect(value(await verifyStore(empty))).toMatchObject({ damage: [], orphans: { files: 0 } })
    expect(succeeded(await importArchive(empty, file))).toMatchObject({ actions: 0, present: 2, blobs: 0 })
    expect(readdirSync(dir).sort()).toEqual(['again', 'empty', 'job.reprise', 'store', 'target'])
    expect(readdirSync(join(empty.dir, 'tmp'))).toEqual([])
  })

  it('is a tar file that other programs list and check', async () => {
    const { dir, file } = await exported()
    const listed = (await runProgram('tar', ['-tf', file], dir)).trim().split('\n')
    expect(listed).toHaveLength(8)
    expect([listed[0], listed.at(-1)]).toEqual([aboutName, sumsName])
    expect(listed).toContain(actionName(demux.key))
    await runProgram('tar', ['-xf', file], dir)
    for (const line of readFileSync(join(dir, 'reprise/B3SUMS'), 'utf8').trim().split('\n')) {
      const [hash = '', name = ''] = line.split('  ')
      expect(digestBytes(readFileSync(join(dir, 'reprise', name))).hash).toBe(hash)
    }
  })

  it('leaves out what is not whole, and is not written where nothing is', async () => {
    const { dir, store } = await exported()
    store.context.db.write(() => store.context.blobTable.remove(digestBytes(noise(700, 2)).hash))
    const summary = succeeded(await exportActions(store, { job: '/jobs/one' }, join(dir, 'part')))
    expect(summary.leftOut).toMatchObject([{ pipeline: 'subtitles', step: 'tracks' }])
    const none = await exportActions(store, { pipeline: 'none' }, join(dir, 'none'))
    expect(none).toMatchObject({ ok: false, error: { kind: 'archive-empty' } })
    const nowhere = await exportActions(store, { job: '/jobs/one' }, join(dir, 'no/where'))
    expect(nowhere).toMatchObject({ ok: false, error: { kind: 'target-unwritable' } })
    expect(existsSync(join(dir, 'none'))).toBe(false)
  })

  it('is written beside a collection, which keeps what is exported', async () => {
    const { dir, store, file } = await exported()
    const other = await open({ dir: store.dir })
    let isCollected = false
    const onProgress = () => {
      if (isCollected) return
      isCollected = true
      // As `cache gc --max-size 0` would do at once.
      expect(planCollection(other, { maxSizeBytes: 0 })).toMatchObject({ ok: true, value: { evictions: [] } })
    }
    const again = succeeded(await exportActions(store, { job: '/jobs/one' }, join(dir, 'again'), { onProgress }))
    expect(again).toMatchObject({ actions: 2, leftOut: [] })
    expect(isCollected).toBe(true)
    expect(readFileSync(join(dir, 'again')).equals(readFileSync(file))).toBe(true)
    expect(store.leases.held('run:')).toEqual([])
  })

  it('is begun anew without what is removed meanwhile', async () => {
    const { dir, store } = await exported()
    const other = await open({ dir: store.dir })
    let calls = 0
    const onProgress = () => {
      calls += 1
      if (calls > 1) return
      other.context.db.write(() => {
        for (const key of [demux.key, tracks.key].sort().slice(1)) other.actionTable.remove(key)
        for (const { key } of [...other.context.db.table('blobs-1').entries()])
          other.context.db.table('blobs-1').remove(key)
      })
    }
    const again = await exportActions(store, { job: '/jobs/one' }, join(dir, 'again'), { onProgress })
    expect(again).toMatchObject({ ok: false, error: { kind: 'archive-empty' } })
    expect(existsSync(join(dir, 'again'))).toBe(false)
  })

  it('is imported beside a collection that removes a blob which was there', async () => {
    const { file, empty } = await exported()
    const commit = vi.spyOn(empty.actions, 'commit')
    const failure = { ok: false, error: { kind: 'blob-missing', hash: 'ab'.repeat(32) } } as const
    for (let times = 0; times < 3; times++) commit.mockResolvedValueOnce(failure)
    expect(succeeded(await importArchive(empty, file))).toMatchObject({ actions: 2, blobs: 4 })
    commit.mockResolvedValue(failure)
    const nothing = await open({ dir: newDirectory() })
    vi.spyOn(nothing.actions, 'commit').mockResolvedValue(failure)
    expect(await importArchive(nothing, file)).toMatchObject({ ok: false, error: { kind: 'blob-missing' } })
  })

  it('is not written from a damaged blob, and leaves no file behind', async () => {
    const { dir, store } = await exported()
    const { hash } = digestBytes(noise(3_000_000, 1))
    const path = join(store.dir, 'blobs', hash.slice(0, 2), hash.slice(2))
    const bytes = readFileSync(path)
    bytes.writeUInt8(bytes.readUInt8(2_000_000) ^ 1, 2_000_000)
    writeFileSync(path, bytes)
    const failed = await exportActions(store, { job: '/jobs/one' }, join(dir, 'damaged'))
    expect(failed).toMatchObject({ ok: false, error: { kind: 'blob-corrupt' } })
    expect(readdirSync(dir).sort()).toEqual(['empty', 'job.reprise', 'store'])
  })

  it('is not written where a blob cannot be read, and it is the store that is said to be at fault', async () => {
    const { dir, store } = await exported()
    const { blobTable } = store.context
    // A folder can be opened, and not be read.
    const find: typeof blobTable.find = (digest) => {
      const found = blobTable.find(digest)
      return found.where === 'file' ? { where: 'file', path: dir } : found
    }
    const failing = { ...store, context: { ...store.context, blobTable: { ...blobTable, find } } }
    const file = join(dir, 'unread')
    const failure = { kind: 'store-io', dir: store.dir, operation: 'read a blob', code: 'EISDIR' }
    expect(await exportActions(failing, { job: '/jobs/one' }, file)).toEqual({ ok: false, error: failure })
    expect(readdirSync(dir).sort()).toEqual(['empty', 'job.reprise', 'store'])
  })

  it('tells of the exporter no path', async () => {
    const { dir, store, file } = await exported()
    expect(readFileSync(file).includes('/jobs')).toBe(false)
    succeeded(await exportActions(store, { pipeline: 'subtitles' }, join(dir, 'all')))
    expect(readFileSync(join(dir, 'all')).includes('/jobs')).toBe(false)
  })

  it('can be interrupted on both sides', async () => {
    const { dir, store, file, empty } = await exported()
    const controller = new AbortController()
    const options = { signal: controller.signal, onProgress: () => controller.abort() }
    const out = await exportActions(store, { job: '/jobs/one' }, join(dir, 'cut'), options)
    expect(out).toMatchObject({ ok: false, error: { kind: 'archive-interrupted' } })
    expect(existsSync(join(dir, 'cut'))).toBe(false)
    expect(await importArchive(empty, file, options)).toMatchObject({ error: { kind: 'archive-interrupted' } })
    expect((await empty.lookup(demux.key)).kind).toBe('absent')
  })

  it.runIf(process.platform === 'linux')(
    'fails to import, and ends, where the store has no tmp/ and cannot make it',
    async () => {
      const { dir, file } = await exported()
      // Node 20 never ends making this one with its parents: /proc answers ENOENT, and the parent is there.
      const child = startScript('import-without-tmp', join(dir, 'other'), file, '/proc/self/fd/tmp')
      const failure = { kind: 'store-io', dir: join(dir, 'other'), operation: 'write tmp', code: 'ENOENT' }
      expect(JSON.parse(await child.line())).toEqual({ ok: false, error: failure })
      expect(await child.ended()).toBe(0)
    },
  )

  it('names sizes that octal digits do not hold', () => {
    for (const sizeBytes of [0, 1, 8 * 2 ** 30 - 1, 8 * 2 ** 30, 2 ** 45 + 3]) {
      expect(parseTarHeader(tarHeader({ name: 'a', sizeBytes }))).toEqual({ name: 'a', sizeBytes })
    }
  })
})

interface Member {
  readonly name: string
  readonly bytes: Uint8Array
  /** What the header says, if not the truth. */
  readonly sizeBytes?: number
}

/** Returns an archive of any members, with right sums. */
function archiveOf(members: readonly Member[]): Buffer {
  const sums = members.map(({ name, bytes }) => sumsLine(name, digestBytes(bytes).hash)).join('')
  const all = [...members, { name: sumsName, bytes: Buffer.from(sums) }]
  const blocks = all.flatMap(({ name, bytes, sizeBytes = bytes.byteLength }: Member) => [
    tarHeader({ name, sizeBytes }),
    bytes,
    Buffer.alloc(paddingBytes(bytes.byteLength)),
  ])
  return Buffer.concat([...blocks, tarEnd])
}

const about: Member = { name: aboutName, bytes: Buffer.from('{"format":"reprise-archive","version":1}') }

function blobOf(bytes: Uint8Array): Member {
  return { name: blobName(digestBytes(bytes).hash), bytes }
}

/** Returns the members of an archive with one action whose output is `content`; `change` spoils the record's text. */
function forged(
  content: Buffer,
  {
    kind = 'file',
    files = {},
    change = (text: string) => text,
  }: {
    readonly kind?: 'file' | 'tree'
    readonly files?: Readonly<Record<string, string>>
    readonly change?: (text: string) => string
  } = {},
): readonly Member[] {
  const digest = digestBytes(content)
  const record = recordOf({ step: 'x' }, { out: { kind, digest, sizeBytes: digest.sizeBytes } }, { files })
  const text = change(JSON.stringify(record))
  return [about, blobOf(content), { name: actionName(record.key), bytes: Buffer.from(text) }]
}

const evil = Buffer.from('evil')
const row = (path: string): readonly unknown[] => [path, digestBytes(evil).hash, 4, false]
const listing = (...paths: readonly string[]): Buffer => Buffer.from(JSON.stringify(paths.map(row)))
const withTree = (...paths: readonly string[]): readonly Member[] => [
  ...forged(listing(...paths), { kind: 'tree' }),
  blobOf(evil),
]
const [, goodBlob, goodAction] = forged(evil)
if (goodBlob === undefined || goodAction === undefined) throw new Error('there is a blob and an action')
const link = tarHeader({ name: blobName(digestBytes(evil).hash), sizeBytes: 0 })
link.write('2', 156)
link.write('/etc/passwd', 157)

const refused: Readonly<Record<string, Buffer>> = {
  'an empty file': Buffer.alloc(0),
  'a file of zeros': Buffer.alloc(4096),
  'a newer version': archiveOf([{ ...about, bytes: Buffer.from('{"format":"reprise-archive","version":2}') }]),
  'no description': archiveOf(forged(evil).slice(1)),
  'two descriptions': archiveOf([about, ...forged(evil)]),
  'a foreign member': archiveOf([...forged(evil), { name: 'reprise/blobs/readme', bytes: evil }]),
  'a name that climbs': archiveOf([...forged(evil), { name: '../../etc/cron.d/x', bytes: evil }]),
  'an absolute name': archiveOf([...forged(evil), { name: '/tmp/x', bytes: evil }]),
  'a name that climbs behind blobs/': archiveOf([...forged(evil), { name: 'reprise/blobs/../../x', bytes: evil }]),
  'a blob of other bytes': archiveOf([about, { ...goodBlob, bytes: Buffer.from('good') }, goodAction]),
  'a blob that is missing': archiveOf([about, goodAction]),
  'a blob twice': archiveOf([about, goodBlob, goodBlob, goodAction]),
  'an action twice': archiveOf([about, goodBlob, goodAction, goodAction]),
  'an action under another key': archiveOf([about, goodBlob, { ...goodAction, name: actionName(actionKey({})) }]),
  'a record that is no JSON': archiveOf(forged(evil, { change: (text) => text.slice(1) })),
  'a record of another action': archiveOf(forged(evil, { change: (text) => text.replace('"step":"x"', '"step":"y"') })),
  'a record with __proto__': archiveOf(
    forged(evil, { change: (text) => text.replace('"outputs":{', '"outputs":{"__proto__":{"kind":"file"},') }),
  ),
  'a record with half a character': archiveOf(
    forged(evil, { change: (text) => text.replace('"step":"x"', '"step":"\\ud800"') }),
  ),
  'a record nested deep': archiveOf(
    forged(evil, {
      change: (text) => text.replace('"step":"x"', `"__proto__":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    }),
  ),
  'a size that is not the blob': archiveOf(
    forged(evil, { change: (text) => text.replaceAll('"sizeBytes":4', '"sizeBytes":5') }),
  ),
  'a file label that climbs': archiveOf(forged(evil, { files: { out: '../../x' } })),
  'an absolute file label': archiveOf(forged(evil, { files: { out: '/etc/x' } })),
  'a tree that climbs': archiveOf(withTree('../x')),
  'an absolute tree': archiveOf(withTree('/etc/x')),
  'a file that is a directory, too': archiveOf(withTree('a', 'a/b')),
  'a path of a tree twice': archiveOf(withTree('a', 'a')),
  'a tree that is no listing': archiveOf(forged(Buffer.from('{"__proto__":1}'), { kind: 'tree' })),
  'a tree whose file is missing': archiveOf(forged(listing('a'), { kind: 'tree' })),
  'a huge size': archiveOf([about, { ...goodBlob, sizeBytes: 2 ** 52 }]),
  'a link': Buffer.concat([archiveOf([about]).subarray(0, 1024), link, tarEnd]),
  'something behind its end': Buffer.concat([archiveOf(forged(evil)), Buffer.alloc(512)]),
}

describe('an import', () => {
  it('takes a forged archive that is right, and a tree that stays inside', async () => {
    const store = await open({ dir: join(newDirectory(), 'store') })
    for (const members of [forged(evil), withTree('a/b')]) {
      const file = join(newDirectory(), 'archive')
      writeFileSync(file, archiveOf(members))
      succeeded(await importArchive(store, file))
      await store.actions.remove([actionKey({ step: 'x' })], 'the test')
    }
  })

  it.each(Object.entries(refused))('refuses %s, and changes nothing', async (_, bytes) => {
    const dir = newDirectory()
    const store = await open({ dir: join(dir, 'store') })
    writeFileSync(join(dir, 'archive'), bytes)
    const result = await importArchive(store, join(dir, 'archive'))
    expect(result).toMatchObject({ ok: false, error: { kind: 'archive-refused' } })
    expect(store.actionTable.count()).toBe(0)
    expect([...store.context.blobTable.entries()]).toEqual([])
    expect(readdirSync(dir).sort()).toEqual(['archive', 'store'])
  })

  it('refuses an archive that is cut off anywhere, or of which any byte was changed', async () => {
    const dir = newDirectory()
    const store = await open({ dir: join(dir, 'store') })
    const file = join(dir, 'archive')
    const whole = archiveOf(withTree('a/b'))
    for (let at = 0; at < whole.byteLength; at += 61) {
      writeFileSync(file, whole)
      truncateSync(file, at)
      expect(await importArchive(store, file), `cut at ${at}`).toMatchObject({ error: { kind: 'archive-refused' } })
      const changed = Buffer.from(whole)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
      writeFileSync(file, changed)
      expect(await importArchive(store, file), `changed at ${at}`).toMatchObject({ error: { kind: 'archive-refused' } })
    }
    expect(store.actionTable.count()).toBe(0)
  })
})
