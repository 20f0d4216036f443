import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyStore } from '../../store/index.ts'
import { programPath } from '../rig/program.ts'
import { afterTest, newDirectory, open, value } from '../store/fixtures.ts'
import { seededRandom } from './random.ts'

/** `REPRISE_GC_SECONDS=60 npx vitest run test/faults/sharing.test.ts` for a minute of collecting. */
const seconds = Number(process.env.REPRISE_GC_SECONDS ?? (process.env.CI === undefined ? 4 : 20))
const seed = Number(process.env.REPRISE_SEED ?? Date.now() % 100_000)

/** Ten minutes of the store's clock, for which it takes what was used for what a run may need, are a second then. */
const haste = 600

const reportSchema = z.object({
  ready: z.boolean().optional(),
  content: z.number().optional(),
  executed: z.array(z.string()).default([]),
  evicted: z.number().default(0),
  problems: z.array(z.string()).default([]),
})
type Report = z.infer<typeof reportSchema>

/** Another process that uses the store. */
interface Sharer {
  tell(content: number): void
  next(): Promise<Report>
  /** Ends it, and returns what it still said. */
  end(): Promise<readonly Report[]>
}

async function startSharer(store: string, what: 'run' | 'verify' | 'collect', job = '', speed = 1): Promise<Sharer> {
  const args = [programPath('share-store'), store, what, job, String(speed)]
  const child: ChildProcess = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('the process has pipes')
  const exited = once(child, 'exit')
  afterTest(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Report> => {
    const { value: line, done } = await lines.next()
    if (done === true) {
      const [code, signal] = await exited
      throw new Error(`the process to ${what} ended by itself, with exit code ${code} and signal ${signal}`)
    }
    return reportSchema.parse(JSON.parse(line))
  }
  await next()
  return {
    tell: (content) => void stdin.write(`${content}\n`),
    next,
    async end() {
      stdin.end()
      const rest: Report[] = []
      for (let read = await lines.next(); read.done !== true; read = await lines.next()) {
        rest.push(reportSchema.parse(JSON.parse(read.value)))
      }
      expect(await exited, `the exit code and signal of the process to ${what}`).toEqual([0, null])
      return rest
    },
  }
}

function problemsOf(reports: readonly Report[]): readonly string[] {
  return reports.flatMap(({ problems }) => problems)
}

describe('eight processes on one store', () => {
  it('run, verify and collect at once: each action is computed once, and nothing that runs need is collected', async () => {
    const dir = newDirectory()
    const store = join(dir, 'store')
    const observer = await open({ dir: store })
    // What was used since a run began stays, and this one lasts as long as the test.
    observer.leases.tryAcquire('run:test', dir)
    const runners = await Promise.all([1, 2, 3, 4].map((n) => startSharer(store, 'run', join(dir, `job-${n}`))))
    const others = await Promise.all([
      startSharer(store, 'verify'),
      startSharer(store, 'verify'),
      startSharer(store, 'collect'),
      startSharer(store, 'collect'),
    ])
    // All of them the same, and then each with one neighbour.
    const contents = [
      [7, 7, 7, 7],
      [8, 8, 9, 9],
    ]
    const reports: Report[] = []
    for (const round of contents) {
      for (const [index, runner] of runners.entries()) runner.tell(round[index] ?? 0)
      reports.push(...(await Promise.all(runners.map((runner) => runner.next()))))
    }
    const rest = (await Promise.all([...others, ...runners].map((sharer) => sharer.end()))).flat()
    expect(problemsOf([...reports, ...rest])).toEqual([])
    const computed = reports.flatMap(({ content, executed }) => executed.map((step) => `${content} ${step}`)).sort()
    const steps = ['make', 'split', 'turn-0', 'turn-1', 'turn-2']
    expect(computed).toEqual([7, 8, 9].flatMap((content) => steps.map((step) => `${content} ${step}`)))
    expect(rest.reduce((sum, { evicted }) => sum + evicted, 0)).toBe(0)
    expect(rest.length).toBeGreaterThan(0)
    expect(value(await verifyStore(observer, { resume: false })).damage).toEqual([])
  }, 300_000)

  it(
    `run while everything that can be is collected again and again, for ${seconds} s: every run ends with the right bytes`,
    async () => {
      const dir = newDirectory()
      const store = join(dir, 'store')
      const random = seededRandom(seed)
      const collector = await startSharer(store, 'collect', '', haste)
      const runners = await Promise.all(
        Array.from({ length: 8 }, (_, n) => startSharer(store, 'run', join(dir, `job-${n}`), haste)),
      )
      const untilMs = performance.now() + seconds * 1000
      const reports = await Promise.all(
        runners.map(async (runner) => {
          const mine: Report[] = []
          do {
            runner.tell(Math.floor(random() * 12))
            mine.push(await runner.next())
          } while (performance.now() < untilMs)
          return mine
        }),
      )
      const rest = (await Promise.all([...runners, collector].map((sharer) => sharer.end()))).flat()
      const all = [...reports.flat(), ...rest]
      const evicted = rest.reduce((sum, report) => sum + report.evicted, 0)
      const executed = all.reduce((sum, report) => sum + report.executed.length, 0)
      process.stdout.write(
        `seed ${seed}: ${reports.flat().length} runs of 5 steps, ${executed} steps executed, ` +
          `${rest.length} collections, ${evicted} actions evicted, problems ${problemsOf(all).length}\n`,
      )
      expect(problemsOf(all)).toEqual([])
      expect(value(await verifyStore(await open({ dir: store }), { resume: false })).damage).toEqual([])
    },
    seconds * 1000 + 300_000,
  )
})
