import { rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type Bench, type BenchContext, comparisonsOf } from '../bench.ts'
import { install, installedDir, reasonIn } from '../install.ts'
import { type AbsentContender, type Comparison, type Contender, interleave, type MeasureOptions } from '../measure.ts'
import { type Files, makeFiles } from '../store-files.ts'
import { findingNothing, puttingBack, type Settled, settle, takingIn } from './contenders.ts'
import { type DvcLinks, dvc, dvcPackage } from './dvc.ts'
import { type Data, type Keeper, sourceOf } from './keeper.ts'
import { repriseApi, repriseRun } from './reprise.ts'
import { restic } from './restic.ts'

/** A program that is here, or why it is not. */
type Peer = Keeper | AbsentContender

/** The programs that ours is held against. */
interface Peers {
  readonly usual: readonly Peer[]
  /** One that gives out links to what it keeps. */
  readonly linking: Peer
}

async function run(context: BenchContext): Promise<Comparison[]> {
  const peers = await findPeers()
  const comparisons: Comparison[] = []
  for (const data of dataIn(makeFiles(context))) {
    const dirs: string[] = []
    const section = (name: string) => {
      const dir = context.section(name)
      dirs.push(dir)
      return dir
    }
    comparisons.push(...(await compareWith(data, { ...context, section }, peers)))
    // What is large makes room for the next; small files stay where they are while anything is measured.
    if (data.kind === 'file') for (const path of [...dirs, sourceOf({ data })]) rmSync(path, { recursive: true })
  }
  return comparisons
}

async function findPeers(): Promise<Peers> {
  const installed = await install(dvcPackage, installedDir)
  const dvcWith = (links: DvcLinks): Peer =>
    installed.ok ? dvc(installed.bin, links) : { name: `dvc ${dvcPackage.version}`, absent: installed.why }
  const absentRestic = { name: 'restic', absent: 'restic is not installed' }
  return { usual: [dvcWith('copies'), restic() ?? absentRestic], linking: dvcWith('hardlinks') }
}

function dataIn({ size, bytes, wav, blocks, smallDir }: Files): readonly Data[] {
  const smallBytes = blocks.reduce((sum, block) => sum + block.length, 0)
  return [
    { kind: 'file', title: `one ${size} WAV`, dir: dirname(wav), name: basename(wav), bytes },
    {
      kind: 'tree',
      title: `${blocks.length} files of 4 KiB`,
      dir: dirname(smallDir),
      name: basename(smallDir),
      bytes: smallBytes,
    },
  ]
}

/** Compares all that is done with one set of data. */
async function compareWith(
  data: Data,
  { built, measure, section }: BenchContext,
  { usual, linking }: Peers,
): Promise<Comparison[]> {
  const api = await settle(repriseApi(built), section('api'), data)
  const run = await settle(repriseRun(built), section('run'), data)
  const peers = await settleAll(usual, section, data)
  const both = (work: string) => [
    { settled: api, work: `${work}: API` },
    { settled: run, work: `${work}: reprise run` },
  ]
  const linkingApi = { ...api, keeper: repriseApi(built, 'hardlink') }
  return [
    ...(await rowsOf([{ settled: api, work: `take in ${data.title}` }], peers, measure, ({ keeper }) =>
      takingIn(keeper, section('taken-in'), data),
    )),
    ...(await rowsOf(both(`put back ${data.title}`), peers, measure, puttingBack)),
    ...(await rowsOf(
      [{ settled: linkingApi, work: `put back ${data.title}, hard links` }],
      await settleAll([linking], section, data),
      measure,
      puttingBack,
    )),
    ...(await rowsOf(both(`${data.title}, nothing to do`), peers, measure, findingNothing)),
  ]
}

async function settleAll(
  peers: readonly Peer[],
  section: (name: string) => string,
  data: Data,
): Promise<(Settled | AbsentContender)[]> {
  const settled: (Settled | AbsentContender)[] = []
  for (const peer of peers) {
    console.error(`settling ${data.title} with ${peer.name}`)
    try {
      settled.push('absent' in peer ? peer : await settle(peer, section('peer'), data))
    } catch (error) {
      settled.push({ name: peer.name, absent: `it could not be measured: ${reasonIn(error)}` })
    }
  }
  return settled
}

/** Measures one thing that all do, and returns each of ours against the peers. */
async function rowsOf(
  ours: readonly { readonly settled: Settled; readonly work: string }[],
  peers: readonly (Settled | AbsentContender)[],
  measure: MeasureOptions,
  contendersOf: (settled: Settled) => readonly Contender[],
): Promise<Comparison[]> {
  const own = ours.map(({ settled, work }) => ({ work, contenders: contendersOf(settled) }))
  const others = peers.flatMap((peer): readonly (Contender | AbsentContender)[] =>
    'absent' in peer ? [peer] : contendersOf(peer),
  )
  const timings = await interleave([...own.flatMap(({ contenders }) => contenders), ...others], measure)
  return own.flatMap(({ work, contenders }) =>
    contenders.flatMap(({ name }) => {
      const names = new Set([name, ...others.map((other) => other.name)])
      const compared = new Map([...timings].filter(([timed]) => names.has(timed)))
      return comparisonsOf({ work, ours: name, contenders: [] }, compared)
    }),
  )
}

/** Taking large media in, putting it back, and finding nothing to do, against other programs that people keep it with. */
export const keepersBench: Bench = { name: 'keepers', title: 'Peers that keep', run }
