import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalStore } from '../store/index.ts'
import { type BenchContext, type Built, compare, ours, valueIn } from './bench.ts'
import type { Comparison, Contender } from './measure.ts'
import { program } from './peers.ts'
import { setAside } from './scratch.ts'
import { copying, type Files } from './store-files.ts'

/** Puts what `stage` gives into a store that is new at each round, because a blob that is there already costs nothing. */
function storing(built: Built, dir: string, put: (store: LocalStore) => Promise<void>): Contender {
  let store: LocalStore | undefined
  const storeDir = join(dir, 'fresh-store')
  return {
    name: ours,
    async before() {
      store = await built.openStore(storeDir)
    },
    async run() {
      if (store !== undefined) await put(store)
    },
    async after() {
      await store?.close()
      rmSync(storeDir, { recursive: true, force: true })
    },
  }
}

async function putFiles(store: LocalStore, paths: readonly string[]): Promise<void> {
  const staged = await Promise.all(paths.map((path) => store.blobs.stageFile(path)))
  valueIn(await store.blobs.put(staged.map(valueIn)))
}

/** Stores one large file. */
export async function storeLarge({ built, measure }: BenchContext, files: Files): Promise<Comparison[]> {
  const { dir, size, bytes, wav } = files
  const copy = join(dir, 'copy.wav')
  const after = () => rmSync(copy, { force: true })
  return compare(
    {
      work: `store one ${size} WAV, durable`,
      bytes,
      contenders: [
        storing(built, dir, (store) => putFiles(store, [wav])),
        program(
          'cp, sync FILE',
          [
            ['cp', ...copying, wav, copy],
            ['sync', copy],
          ],
          { after },
        ),
        program('cp', [['cp', ...copying, wav, copy]], { after }),
      ],
      targets: { 'cp, sync FILE': { kind: 'time', atMost: 1.5 } },
    },
    measure,
  )
}

/** Stores many small blobs, from memory and from files. */
export async function storeSmall({ built, measure, section }: BenchContext, files: Files): Promise<Comparison[]> {
  const { blocks, smallDir, smallPaths } = files
  const memoryDir = section('from-memory')
  const inMemory = await compare(
    {
      work: `store ${blocks.length} blobs of 4 KiB from memory, durable`,
      contenders: [
        storing(built, memoryDir, async (store) => {
          valueIn(await store.blobs.put(blocks.map((block) => store.blobs.stageBytes(block))))
        }),
        looseFiles('temporary file, fsync, rename', blocks, memoryDir, { durable: true }),
        looseFiles('temporary file, rename (not durable)', blocks, memoryDir, { durable: false }),
      ],
      targets: { 'temporary file, fsync, rename': { kind: 'speed', atLeast: 10 } },
    },
    measure,
  )
  const filesDir = section('from-files')
  const loose = join(filesDir, 'loose')
  const fromFiles = await compare(
    {
      work: `store ${blocks.length} files of 4 KiB, durable`,
      contenders: [
        storing(built, filesDir, (store) => putFiles(store, smallPaths)),
        program('cp -r (not durable)', [['cp', '-r', ...copying, smallDir, loose]], { after: () => setAside(loose) }),
      ],
    },
    measure,
  )
  return [...inMemory, ...fromFiles]
}

/** Writes each block as careful programs write files, beside its place and then renamed. */
function looseFiles(
  name: string,
  blocks: readonly Uint8Array[],
  parent: string,
  { durable }: { readonly durable: boolean },
): Contender {
  const dir = join(parent, 'loose')
  const unfinished = join(dir, 'unfinished')
  return {
    name,
    before: () => mkdirSync(dir),
    run() {
      blocks.forEach((block, index) => {
        writeFileSync(unfinished, block, { flush: durable })
        renameSync(unfinished, join(dir, String(index)))
      })
      if (durable) syncDirectory(dir)
    },
    after: () => setAside(dir),
  }
}

function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
