import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  collect,
  type DirectoryStore,
  describeIndexRepair,
  describeStoreFailure,
  openStore,
  planCollection,
  type Result,
  type StoreFailure,
  verifyStore,
} from '../../store/index.ts'
import { programPath } from '../rig/program.ts'
import { type Acknowledgement, contentOf, readAcknowledgements } from './acknowledgement.ts'

export interface CrashOptions {
  /** An empty directory. */
  readonly dir: string
  /** How many kills after which something had been acknowledged. */
  readonly cycles: number
  readonly writers?: number
  readonly onCycle?: (report: CrashReport) => void
}

/** What a number of kills came to. */
export interface CrashReport {
  readonly kills: number
  /** Kills before which something had been acknowledged: only they say anything. */
  readonly validCycles: number
  readonly acknowledged: number
  /** Acknowledged actions that were not there, or whose bytes were not. */
  readonly lost: readonly string[]
  /** Records that were there and whose blobs were not. */
  readonly damaged: readonly string[]
  /** Kills after which the store did not open. */
  readonly unopened: readonly string[]
}

/**
 * Lets several processes write into one store, kills all of them at a random moment, and looks whether the store opens
 * and holds all that was acknowledged, whole; again and again on the same store.
 */
export async function runCrashCycles({ dir, cycles, writers = 3, onCycle }: CrashOptions): Promise<CrashReport> {
  const store = join(dir, 'store')
  let report: CrashReport = { kills: 0, validCycles: 0, acknowledged: 0, lost: [], damaged: [], unopened: [] }
  for (let cycle = 0; report.validCycles < cycles; cycle++) {
    const logs = Array.from({ length: writers }, (_, writer) => join(dir, `log-${cycle}-${writer}`))
    await killWriters(logs.map((log, writer) => startWriter(store, join(dir, `work-${writer}`), log, writer)))
    const acknowledged = logs.flatMap(readAcknowledgements)
    const found = await examine(store, acknowledged)
    for (const log of logs) rmSync(log, { force: true })
    report = {
      kills: report.kills + 1,
      validCycles: report.validCycles + (acknowledged.length > 0 ? 1 : 0),
      acknowledged: report.acknowledged + acknowledged.length,
      lost: [...report.lost, ...found.lost],
      damaged: [...report.damaged, ...found.damaged],
      unopened: [...report.unopened, ...found.unopened],
    }
    onCycle?.(report)
  }
  return report
}

function startWriter(store: string, work: string, log: string, writer: number): ChildProcess {
  return spawn(process.execPath, [programPath('writer'), store, work, log, String(writer)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Waits until every writer writes, and then kills them at a random moment, in the middle of whatever they do. */
async function killWriters(children: readonly ChildProcess[]): Promise<void> {
  const ended = children.map((child) => once(child, 'exit'))
  await Promise.race([Promise.all(children.map(firstLine)), ...ended])
  await delay(Math.random() * 120)
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(ended)
  const own = children.find(({ signalCode }) => signalCode !== 'SIGKILL')
  if (own !== undefined) throw new Error(`a writer ended by itself with ${own.exitCode}`)
}

async function firstLine(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data')
  child.stdout?.resume()
}

type Findings = Pick<CrashReport, 'lost' | 'damaged' | 'unopened'>

async function examine(dir: string, acknowledged: readonly Acknowledgement[]): Promise<Findings> {
  const opened = await openStore({ dir })
  if (!opened.ok) return { lost: [], damaged: [], unopened: [describeStoreFailure(opened.error)] }
  const store = opened.value
  try {
    const problems = await Promise.all(acknowledged.map((one) => problemOf(store, one)))
    const verified = must(await verifyStore(store, { resume: false }))
    const damaged = verified.damage.map((damage) => JSON.stringify(damage))
    // LMDB survives a kill, so an index that was rebuilt was taken for damaged and was not.
    if (store.repaired !== undefined) damaged.push(describeIndexRepair(dir, store.repaired))
    // Half of the time the next writers find a store that has been emptied.
    const limit = Math.random() < 0.5 ? { maxSizeBytes: 0 } : {}
    must(await collect(store, must(planCollection(store, limit))))
    return { lost: problems.filter((problem) => problem !== undefined), damaged, unopened: [] }
  } finally {
    await store.close()
  }
}

/** Returns what is wrong with an acknowledged action, if anything is. */
async function problemOf(store: DirectoryStore, { key, content }: Acknowledgement): Promise<string | undefined> {
  const found = await store.lookup(key)
  if (found.kind !== 'hit') return `${key} is ${found.kind}`
  const { file } = found.record.result.outputs
  if (file === undefined) return `${key} has no file`
  const read = await store.read(file.digest)
  if (!read.ok) return `${key}: ${describeStoreFailure(read.error)}`
  const right = contentOf(content, file.sizeBytes).equals(read.value)
  return right ? undefined : `${key} holds other bytes than were committed`
}

function must<T>(result: Result<T, StoreFailure>): T {
  if (!result.ok) throw new Error(describeStoreFailure(result.error))
  return result.value
}
