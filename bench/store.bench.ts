import {
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Digest, MaterializeOptions, Store } from '../store/index.ts'
import { type Bench, type BenchContext, type Built, compare, ours, valueIn } from './bench.ts'
import type { AbsentContender, Comparison, Contender } from './measure.ts'
import { program } from './peers.ts'
import { setAside, smallBlocks, writeSmallFiles, writeWav } from './scratch.ts'

const smallFileBytes = 4096
/** GNU's cp clones by itself where it can, which is no copying; the cp of macOS clones only when it is told to. */
const copying = process.platform === 'linux' ? ['--reflink=never'] : []
const cloning = process.platform === 'darwin' ? ['-c'] : ['--reflink=always']
const small = { quickCount: 2_000, fullCount: 10_000 } as const

/** Puts what `stage` gives into a store that is new at each round, because a blob that is there already costs nothing. */
function storing(built: Built, dir: string, put: (store: Store) => Promise<void>): Contender {
  let store: Store | undefined
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

async function putFiles(store: Store, paths: readonly string[]): Promise<void> {
  const staged = await Promise.all(paths.map((path) => store.blobs.stageFile(path)))
  valueIn(await store.blobs.put(staged.map(valueIn)))
}

interface Files {
  readonly dir: string
  readonly size: string
  readonly bytes: number
  readonly wav: string
  readonly blocks: readonly Uint8Array[]
  readonly smallDir: string
  readonly smallPaths: readonly string[]
}

function makeFiles({ dir, quick }: BenchContext): Files {
  const bytes = (quick ? 128 : 1024) * 1024 * 1024
  const wav = join(dir, 'audio.wav')
  writeWav(wav, bytes, 1)
  const blocks = smallBlocks(quick ? small.quickCount : small.fullCount, smallFileBytes, 2)
  const smallDir = join(dir, 'small')
  const smallPaths = writeSmallFiles(smallDir, blocks).map((name) => join(smallDir, name))
  return { dir, size: quick ? '128 MiB' : '1 GiB', bytes, wav, blocks, smallDir, smallPaths }
}

async function storeLarge({ built, measure }: BenchContext, files: Files): Promise<Comparison[]> {
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

async function storeSmall({ built, measure, section }: BenchContext, files: Files): Promise<Comparison[]> {
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

/** Says why a file system cannot clone files, or undefined where it can. */
function noReflinks(from: string, to: string): string | undefined {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE)
    return undefined
  } catch {
    return 'not on this file system'
  } finally {
    rmSync(to, { force: true })
  }
}

function materializing(store: Store, digest: Digest, path: string, options: MaterializeOptions): Contender {
  return {
    name: ours,
    async run() {
      valueIn(await store.blobs.materialize(digest, path, options))
    },
    // Outside the time, because replacing a large file costs what freeing the old one costs.
    after: () => rmSync(path, { force: true }),
  }
}

async function materializeLarge(context: BenchContext, files: Files, store: Store): Promise<Comparison[]> {
  const { dir, size, bytes, wav } = files
  const staged = valueIn(await store.blobs.stageFile(wav))
  valueIn(await store.blobs.put([staged]))
  const target = join(dir, 'materialized.wav')
  const peerTarget = join(dir, 'copy.wav')
  const after = () => rmSync(peerTarget, { force: true })
  const reflinkless = noReflinks(wav, peerTarget)
  const orAbsent = (contender: Contender | AbsentContender) =>
    reflinkless === undefined ? contender : { name: contender.name, absent: reflinkless }
  const { digest } = staged
  return [
    ...(await compare(
      {
        work: `materialize ${size} by copy, checked`,
        bytes,
        contenders: [
          materializing(store, digest, target, { link: 'copy' }),
          program('cp', [['cp', ...copying, wav, peerTarget]], { after }),
        ],
        targets: { cp: { kind: 'time', atMost: 1.25 } },
      },
      context.measure,
    )),
    ...(await compare(
      {
        work: `materialize ${size} by reflink`,
        contenders: [
          orAbsent(materializing(store, digest, target, { link: 'auto' })),
          orAbsent(program('cp, cloning', [['cp', ...cloning, wav, peerTarget]], { after })),
        ],
        targets: { 'cp, cloning': { kind: 'duration', atMostMs: 5 } },
      },
      context.measure,
    )),
    ...(await compare(
      {
        work: `materialize ${size} by hardlink`,
        contenders: [
          materializing(store, digest, target, { link: 'hardlink' }),
          { name: 'link(2)', run: () => linkSync(wav, peerTarget), after },
        ],
        targets: { 'link(2)': { kind: 'duration', atMostMs: 5 } },
      },
      context.measure,
    )),
  ]
}

async function materializeSmall(context: BenchContext, files: Files, store: Store): Promise<Comparison[]> {
  const { blocks, smallDir } = files
  const staged = blocks.map((block) => store.blobs.stageBytes(block))
  valueIn(await store.blobs.put(staged))
  const out = join(context.section('out'), 'out')
  const after = () => setAside(out)
  const names = readdirSync(smallDir).sort()
  return compare(
    {
      work: `materialize ${blocks.length} artifacts of 4 KiB, checked`,
      contenders: [
        {
          name: ours,
          before: () => mkdirSync(out),
          async run() {
            for (const [index, { digest }] of staged.entries()) {
              valueIn(await store.blobs.materialize(digest, join(out, names[index] ?? String(index))))
            }
          },
          after,
        },
        {
          name: 'copyFileSync of each',
          before: () => mkdirSync(out),
          run() {
            for (const name of names) copyFileSync(join(smallDir, name), join(out, name))
          },
          after,
        },
        { name: 'cpSync', run: () => cpSync(smallDir, out, { recursive: true }), after },
        program('cp -r', [['cp', '-r', ...copying, smallDir, out]], { after }),
      ],
      targets: { 'copyFileSync of each': { kind: 'time', atMost: 0.6 } },
    },
    context.measure,
  )
}

async function run(context: BenchContext): Promise<Comparison[]> {
  const files = makeFiles(context)
  const stored = [...(await storeLarge(context, files)), ...(await storeSmall(context, files))]
  const store = await context.built.openStore(join(context.dir, 'store'))
  try {
    return [
      ...stored,
      ...(await materializeLarge(context, files, store)),
      ...(await materializeSmall(context, files, store)),
    ]
  } finally {
    await store.close()
  }
}

/** Bringing artifacts into the store and back, against copying them. */
export const storeBench: Bench = { name: 'store', title: 'Store', run }
