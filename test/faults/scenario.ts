import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  actionKey,
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
import { copyStore } from '../rig/copy-store.ts'
import { contentOf, readAcknowledgements } from './acknowledgement.ts'
import { type CallPoint, callsOf, openingCalls, type TracedProgram, writingCalls } from './system-calls.ts'

export type ScenarioName = 'make' | 'put' | 'collect' | 'rebuild'

/** One thing that is done to a store, in a process of its own, again and again from the same beginning. */
export interface Scenario {
  readonly name: ScenarioName
  readonly program: TracedProgram
  readonly store: string
  /** The calls by which it opens files of the store and changes them. */
  readonly points: readonly CallPoint[]
  /** Puts the store back to how it was at the beginning. */
  restore(): void
  /** Returns what is wrong with the store after something happened to the process, and collects what it left. */
  examine(): Promise<readonly string[]>
}

/** Actions that a store holds at the beginning; 20 is the one that is put. */
const contentsBefore = [1, 2, 3, 4]
const contentPut = 20

/**
 * Returns a scenario in an empty directory: a put into a store that is to be made, a put into one with actions, emptying one, or a put into one
 * whose index is damaged and is rebuilt first.
 */
export async function createScenario(what: ScenarioName, dir: string): Promise<Scenario> {
  const [store, before, log] = [join(dir, 'store'), join(dir, 'before'), join(dir, 'log')]
  const programOf = (doing: string, content: number): TracedProgram => ({
    name: 'put-and-collect',
    args: [store, join(dir, 'work'), log, doing, String(content)],
    notes: join(dir, 'notes'),
  })
  if (what !== 'make') for (const content of contentsBefore) await callsOf(programOf('put', content), store)
  if (existsSync(store)) copyStore(store, before)
  const restore = () => {
    for (const path of [store, log]) rmSync(path, { recursive: true, force: true })
    if (!existsSync(before)) return
    copyStore(before, store)
    if (what === 'rebuild') spoilIndex(store)
  }
  const program = programOf(what === 'collect' ? 'collect' : 'put', contentPut)
  if (what === 'rebuild') spoilIndex(store)
  const points = await callsOf(program, store, [...writingCalls, ...openingCalls])
  const examine = () => examineStore(store, log, what)
  return { name: what, program, store, points, restore, examine }
}

/** Damages the pages of the table of memos, to which the store's clock belongs. */
function spoilIndex(store: string): void {
  const path = join(store, 'index', 'data.mdb')
  const bytes = readFileSync(path)
  for (let at = 0; at < bytes.length; at += 4096) {
    if (bytes.subarray(at, at + 4096).includes('monotonicMs')) bytes.fill(0xff, at, at + 64)
  }
  writeFileSync(path, bytes)
}

async function examineStore(dir: string, log: string, what: ScenarioName): Promise<readonly string[]> {
  const opened = await openStore({ dir })
  if (!opened.ok) return [`it does not open: ${describeStoreFailure(opened.error)}`]
  const store = opened.value
  try {
    const problems: string[] = []
    if (store.repaired !== undefined && what !== 'rebuild') problems.push(describeIndexRepair(dir, store.repaired))
    const { damage } = must(await verifyStore(store, { resume: false }))
    problems.push(...damage.map((one) => JSON.stringify(one)))
    const acknowledged = new Set(readAcknowledgements(log).map(({ content }) => content))
    if (what === 'put' || what === 'rebuild') for (const content of contentsBefore) acknowledged.add(content)
    for (const content of [...contentsBefore, contentPut]) {
      const found = await stateOf(store, content)
      if (found !== 'right' && (found !== 'absent' || acknowledged.has(content))) {
        problems.push(`the action ${content} is ${found}`)
      }
    }
    problems.push(...(await collectAll(store)))
    return problems
  } finally {
    await store.close()
  }
}

/** Returns whether an action is there with the right bytes, or is not there; everything else is named. */
async function stateOf(store: DirectoryStore, content: number): Promise<string> {
  const found = await store.lookup(actionKey({ n: content }))
  if (found.kind === 'absent' || found.kind === 'evicted') return 'absent'
  if (found.kind !== 'hit') return found.kind
  const { file } = found.record.result.outputs
  const read = file === undefined ? undefined : await store.read(file.digest)
  if (read?.ok !== true) return 'without its bytes'
  return contentOf(content, 300_000).equals(read.value) ? 'right' : 'there with other bytes'
}

/** Empties the store: whatever an interrupted process left goes, too. */
async function collectAll(store: DirectoryStore): Promise<readonly string[]> {
  must(await collect(store, must(planCollection(store, { maxSizeBytes: 0 }))))
  const { blobs, tmp } = store.context.layout
  const left = [blobs, tmp].flatMap((dir) =>
    readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
  )
  const again = must(planCollection(store, { maxSizeBytes: 0 }))
  return [
    ...left.map(({ name }) => `the collection left ${name}`),
    ...(again.freesBytes > 0 ? [`the second collection would free ${again.freesBytes} bytes more`] : []),
  ]
}

function must<T>(result: Result<T, StoreFailure>): T {
  if (!result.ok) throw new Error(describeStoreFailure(result.error))
  return result.value
}
