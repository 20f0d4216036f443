import {
  constants,
  copyFileSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Digest, LocalStore, MaterializeOptions, StoredArtifact } from '../store/index.ts'
import { type BenchContext, compare, ours, valueIn } from './bench.ts'
import type { AbsentContender, Comparison, Contender } from './measure.ts'
import { program } from './peers.ts'
import { setAside } from './scratch.ts'
import { cloning, copying, type Files } from './store-files.ts'

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

function materializing(store: LocalStore, digest: Digest, path: string, options: MaterializeOptions): Contender {
  return {
    name: ours,
    async run() {
      valueIn(await store.blobs.materialize(digest, path, options))
    },
    // Outside the time, because replacing a large file costs what freeing the old one costs.
    after: () => rmSync(path, { force: true }),
  }
}

/**
 * Links a blob to one new path after the other. The links stay: with each that is removed the blob's ctime changes, and
 * its bytes are read once more.
 */
function linking(store: LocalStore, digest: Digest, path: string): Contender {
  let links = 0
  return {
    name: ours,
    async run() {
      links += 1
      valueIn(await store.blobs.materialize(digest, `${path}-${links}`, { link: 'hardlink' }))
    },
  }
}

/** Brings one large file back by each method. */
export async function materializeLarge(context: BenchContext, files: Files, store: LocalStore): Promise<Comparison[]> {
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
        contenders: [linking(store, digest, target), { name: 'link(2)', run: () => linkSync(wav, peerTarget), after }],
        targets: { 'link(2)': { kind: 'duration', atMostMs: 5 } },
      },
      context.measure,
    )),
  ]
}

/** Brings many small files back, each by itself and as one tree. */
export async function materializeSmall(context: BenchContext, files: Files, store: LocalStore): Promise<Comparison[]> {
  const { blocks, smallDir } = files
  const staged = blocks.map((block) => store.blobs.stageBytes(block))
  valueIn(await store.blobs.put(staged))
  const tree = valueIn(await context.built.store.stageArtifact(store.blobs, 'tree', smallDir))
  valueIn(await store.blobs.put(tree.staged))
  const names = readdirSync(smallDir).sort()
  const oneByOne = async (out: string) => {
    mkdirSync(out)
    for (const [index, { digest }] of staged.entries()) {
      valueIn(await store.blobs.materialize(digest, join(out, names[index] ?? String(index))))
    }
  }
  const asTree = async (out: string) => {
    valueIn(await context.built.store.materializeArtifact(store, tree.artifact, out))
  }
  const against = (work: string, run: (out: string) => Promise<void>) => {
    const out = join(context.section('out'), 'out')
    const after = () => setAside(out)
    return compare(
      {
        work,
        contenders: [
          { name: ours, run: () => run(out), after },
          {
            name: 'copyFileSync of each',
            run() {
              mkdirSync(out)
              for (const name of names) copyFileSync(join(smallDir, name), join(out, name))
            },
            after,
          },
          { name: 'temporary file, rename', run: () => writeEach(out, names, blocks), after },
          { name: 'cpSync', run: () => cpSync(smallDir, out, { recursive: true }), after },
          program('cp -r', [['cp', '-r', ...copying, smallDir, out]], { after }),
        ],
        targets: { 'copyFileSync of each': { kind: 'time', atMost: 0.6 } },
      },
      context.measure,
    )
  }
  return [
    ...(await against(`materialize ${blocks.length} artifacts of 4 KiB, checked`, oneByOne)),
    ...(await against(`materialize a tree of ${blocks.length} files of 4 KiB, checked`, asTree)),
    ...(await alreadyRight(context, tree.artifact, store, names)),
  ]
}

/** Has files appear whole, from memory and unchecked: what the file system takes of the time of doing so. */
function writeEach(out: string, names: readonly string[], blocks: readonly Uint8Array[]): void {
  mkdirSync(out)
  const tmp = join(out, '.tmp')
  for (const [index, name] of names.entries()) {
    writeFileSync(tmp, blocks[index] ?? '')
    renameSync(tmp, join(out, name))
  }
}

/** What a run does with a directory that it finds as it should be. */
async function alreadyRight(
  { built, measure, section }: BenchContext,
  artifact: StoredArtifact,
  store: LocalStore,
  names: readonly string[],
): Promise<Comparison[]> {
  const out = join(section('right'), 'out')
  valueIn(await built.store.materializeArtifact(store, artifact, out))
  valueIn(store.flush())
  return compare(
    {
      work: `find a tree of ${names.length} files of 4 KiB already right`,
      contenders: [
        {
          name: ours,
          async run() {
            if (!(await built.store.artifactIsAt(store, artifact, out)))
              throw new Error(`${out} is not as it should be`)
          },
        },
        {
          name: 'lstatSync of each',
          run() {
            for (const name of names) lstatSync(join(out, name))
          },
        },
      ],
    },
    measure,
  )
}
