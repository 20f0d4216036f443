import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { runPipeline } from '../../../src/engine/index.ts'
import {
  collect,
  type DirectoryStore,
  describeStoreFailure,
  openStore,
  planCollection,
  verifyStore,
} from '../../../store/index.ts'
import { outputProblems, sharedPipeline } from '../shared-pipeline.ts'

/**
 * Uses a store that other processes use, too: runs a pipeline on the contents that are told on standard input, a number
 * a line, or verifies or collects until standard input ends. Says what came of each in a line of JSON.
 * `haste` is by how much the store's clock goes faster than the machine's.
 */
const [dir = '', what = '', job = '', haste = '1'] = process.argv.slice(2)
const clocks = { monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n) * Number(haste) }
const lines = createInterface({ input: process.stdin })

if (what === 'run') {
  say({ ready: true })
  for await (const line of lines) say(await withStore((store) => run(store, Number(line))))
} else {
  let ended = false
  void once(lines, 'close').then(() => {
    ended = true
  })
  say({ ready: true })
  while (!ended) {
    say(await withStore(what === 'verify' ? verify : empty))
    // With nothing to do all of it is done in one turn of the event loop, and the end of the input is heard in another.
    await nextTurn()
  }
}

async function run(store: DirectoryStore, content: number): Promise<object> {
  const executed: string[] = []
  const problems: string[] = []
  // Every other run finds nothing in its job directory, and has the artifacts put there.
  if (content % 2 === 0) rmSync(job, { recursive: true, force: true })
  const result = await runPipeline({
    pipeline: sharedPipeline,
    inputs: {},
    params: { content },
    jobDir: job,
    store,
    device: 'cpu',
    onEvent: (event) => {
      if (event.event === 'stage_running') executed.push(event.stage)
      if (event.event === 'stage_log' && event.level === 'warn') problems.push(`${event.stage}: ${event.line}`)
    },
  })
  if (result.status === 'completed') problems.push(...outputProblems(content, result.outputs))
  else problems.push(`a run of ${content} ${result.status}: ${JSON.stringify(result.failure)}`)
  if (new Set(executed).size < executed.length) problems.push(`a run of ${content} executed a step twice`)
  return { content, executed, problems }
}

async function verify(store: DirectoryStore): Promise<object> {
  const verified = await verifyStore(store, { resume: false })
  if (!verified.ok) return { problems: [describeStoreFailure(verified.error)] }
  return { problems: verified.value.damage.map((damage) => JSON.stringify(damage)) }
}

async function empty(store: DirectoryStore): Promise<object> {
  const plan = planCollection(store, { maxSizeBytes: 0 })
  const done = plan.ok ? await collect(store, plan.value) : plan
  return done.ok ? { evicted: done.value.actions, problems: [] } : { problems: [describeStoreFailure(done.error)] }
}

async function withStore(use: (store: DirectoryStore) => Promise<object>): Promise<object> {
  const opened = await openStore({ dir, clocks })
  if (!opened.ok) return { problems: [describeStoreFailure(opened.error)] }
  const { repaired } = opened.value
  const said = await use(opened.value)
  await opened.value.close()
  return repaired === undefined ? said : { problems: [`the index was rebuilt: ${repaired.problems.join('; ')}`] }
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
