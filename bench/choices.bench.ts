import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Blake3Hasher } from '../store/contract/blake3.ts'
import type { LocalStore } from '../store/index.ts'
import { type Bench, type BenchContext, compare, valueIn } from './bench.ts'
import { type HashingThreads, startThreads } from './hashing-threads.ts'
import type { Comparison, Contender } from './measure.ts'
import { setAside, smallBlocks, writeSmallFiles, writeWav } from './scratch.ts'

const kib = 1024
/** A step has a few outputs, which are put together. */
const blobsPerPut = 4
const puts = 8

/** Blobs in the index against blobs in files of their own: what `inlineBytesMax` decides. */
async function inlineOrFile(context: BenchContext): Promise<Comparison[]> {
  const comparisons: Comparison[] = []
  for (const sizeKib of [4, 16, 32, 64, 128, 256]) {
    const blocks = smallBlocks(blobsPerPut * puts, sizeKib * kib, sizeKib)
    const dir = context.section(`inline-${sizeKib}`)
    const size = `${blocks.length} blobs of ${sizeKib} KiB`
    const stores = { inline: Number.MAX_SAFE_INTEGER, 'in files': 0 }
    const contenders = (act: (store: LocalStore, name: string) => Promise<void>, filled: boolean): Contender[] =>
      Object.entries(stores).map(([name, inlineBytesMax]) => {
        let store: LocalStore | undefined
        const storeDir = join(dir, name)
        return {
          name,
          async before() {
            store = await context.built.openStore(storeDir, { inlineBytesMax })
            if (filled) await putAll(store, blocks)
          },
          run: async () => (store === undefined ? undefined : act(store, name)),
          async after() {
            await store?.close()
            setAside(storeDir)
          },
        }
      })
    const putting = contenders((store) => putAll(store, blocks), false)
    const out = (name: string, index: number) => join(dir, name, 'out', String(index))
    const materializing = contenders(async (store, name) => {
      for (const [index, block] of blocks.entries()) {
        const { digest } = store.blobs.stageBytes(block)
        valueIn(await store.blobs.materialize(digest, out(name, index), { link: 'copy' }))
      }
    }, true)
    const chosen = { ours: 'inline' }
    comparisons.push(
      ...(await compare(
        { work: `put ${size}, ${blobsPerPut} at once`, contenders: putting, ...chosen },
        context.measure,
      )),
      ...(await compare({ work: `materialize ${size}`, contenders: materializing, ...chosen }, context.measure)),
    )
  }
  return comparisons
}

async function putAll(store: LocalStore, blocks: readonly Uint8Array[]): Promise<void> {
  for (let first = 0; first < blocks.length; first += blobsPerPut) {
    const some = blocks.slice(first, first + blobsPerPut)
    valueIn(await store.blobs.put(some.map((block) => store.blobs.stageBytes(block))))
  }
}

const chosenBlock = '256 KiB'
const chosenWrite = '64 KiB'

/** How much is read and hashed at once, and how much is written. */
async function blockSizes({ dir, quick, measure }: BenchContext): Promise<Comparison[]> {
  const bytes = (quick ? 128 : 1024) * kib * kib
  const wav = join(dir, 'block.wav')
  writeWav(wav, bytes, 1)
  const size = quick ? '128 MiB' : '1 GiB'
  const copy = join(dir, 'copy.wav')
  const contenders = (read: (sizeKib: number) => void): Contender[] =>
    [32, 64, 128, 256, 1024].map((sizeKib) => ({
      name: `${sizeKib} KiB`,
      run: () => read(sizeKib),
      after: () => rmSync(copy, { force: true }),
    }))
  const reading = contenders((sizeKib) => readInBlocks(wav, sizeKib * kib))
  const writing = contenders((sizeKib) => readInBlocks(wav, 256 * kib, { path: copy, bytesMax: sizeKib * kib }))
  try {
    return [
      ...(await compare(
        { work: `read and hash ${size}, ${chosenBlock} at once`, bytes, ours: chosenBlock, contenders: reading },
        measure,
      )),
      ...(await compare(
        { work: `copy and hash ${size}, ${chosenWrite} a write`, bytes, ours: chosenWrite, contenders: writing },
        measure,
      )),
    ]
  } finally {
    rmSync(wav)
  }
}

function readInBlocks(
  path: string,
  blockBytes: number,
  target?: { readonly path: string; readonly bytesMax: number },
): void {
  const block = Buffer.allocUnsafeSlow(blockBytes)
  const hasher = new Blake3Hasher()
  const source = openSync(path, 'r')
  const sink = target === undefined ? undefined : openSync(target.path, 'wx')
  for (let length = 1; length > 0; ) {
    length = readSync(source, block, 0, blockBytes, null)
    hasher.update(block.subarray(0, length))
    if (sink === undefined || target === undefined) continue
    for (let done = 0; done < length; ) {
      done += writeSync(sink, block, done, Math.min(target.bytesMax, length - done))
    }
  }
  hasher.digest('hex')
  closeSync(source)
  if (sink !== undefined) closeSync(sink)
}

const ringSizes = [
  [64, 16],
  [128, 16],
  [256, 4],
  [256, 8],
  [256, 16],
  [256, 32],
  [512, 8],
] as const
const chosenRing = '256 KiB x 16'

/** What a second thread saves that reads ahead or writes behind, and through how large a ring. */
async function rings({ dir, quick, measure, built }: BenchContext): Promise<Comparison[]> {
  const bytes = (quick ? 128 : 1024) * kib * kib
  const size = quick ? '128 MiB' : '1 GiB'
  const wav = join(dir, 'ring.wav')
  writeWav(wav, bytes, 1)
  const copy = join(dir, 'ring-copy.wav')
  const pool = await startThreads(built.digestWorker, 2)
  const contenders = (target?: string): Contender[] => [
    ...ringSizes.map(([blockKib, blocks]) => ({
      name: `${blockKib} KiB x ${blocks}`,
      run: () => pool.streamTogether(wav, { blockBytes: blockKib * kib, blocks }, target),
      after: () => rmSync(copy, { force: true }),
    })),
    { name: 'one thread', run: () => pool.stream(wav, target), after: () => rmSync(copy, { force: true }) },
  ]
  const chosen = { bytes, ours: chosenRing }
  try {
    return [
      ...(await compare(
        { work: `hash ${size}, read ahead by ${chosenRing}`, ...chosen, contenders: contenders() },
        measure,
      )),
      ...(await compare(
        { work: `copy and hash ${size}, written behind by ${chosenRing}`, ...chosen, contenders: contenders(copy) },
        measure,
      )),
    ]
  } finally {
    await pool.stop()
    rmSync(wav)
  }
}

const threadCounts = [1, 2, 3, 4]

/** How many threads hash, and how many small files go to one at once. */
async function threads({ dir, quick, measure, built }: BenchContext): Promise<Comparison[]> {
  const bytes = (quick ? 32 : 256) * kib * kib
  const wavs = threadCounts.map((seed) => {
    const path = join(dir, `thread-${seed}.wav`)
    writeWav(path, bytes, seed)
    return path
  })
  const count = quick ? 2_000 : 10_000
  const smallDir = join(dir, 'small')
  const small = writeSmallFiles(smallDir, smallBlocks(count, 4 * kib, 3)).map((name) => join(smallDir, name))
  const pools = await Promise.all(threadCounts.map((threadCount) => startThreads(built.digestWorker, threadCount)))
  const each = (run: (pool: HashingThreads) => Promise<void>): Contender[] =>
    pools.map((pool) => ({ name: pool.count === 1 ? '1 thread' : `${pool.count} threads`, run: () => run(pool) }))
  const two = pools.filter((pool) => pool.count === 2)
  const batches: Contender[] = two.flatMap((pool) =>
    [64, 256, 1024].map((batch) => ({ name: `batches of ${batch}`, run: () => pool.hashSmall(small, 4 * kib, batch) })),
  )
  try {
    return [
      ...(await compare(
        {
          work: `hash four WAVs of ${bytes / kib / kib} MiB with 2 threads`,
          bytes: threadCounts.length * bytes,
          ours: '2 threads',
          contenders: each((pool) => pool.hashLarge(wavs)),
        },
        measure,
      )),
      ...(await compare(
        {
          work: `hash ${count} files of 4 KiB with 2 threads`,
          ours: '2 threads',
          contenders: each((pool) => pool.hashSmall(small, 4 * kib, 256)),
        },
        measure,
      )),
      ...(await compare(
        { work: `hash ${count} files of 4 KiB in batches of 256`, ours: 'batches of 256', contenders: batches },
        measure,
      )),
    ]
  } finally {
    await Promise.all(pools.map((pool) => pool.stop()))
    for (const path of wavs) rmSync(path)
  }
}

async function run(context: BenchContext): Promise<Comparison[]> {
  return [
    ...(await inlineOrFile(context)),
    ...(await blockSizes(context)),
    ...(await rings(context)),
    ...(await threads(context)),
  ]
}

/** What the constants of the store were chosen from; the chosen value is the one of the second column. */
export const choicesBench: Bench = { name: 'choices', title: 'Choices', run }
