import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createScenario, type Scenario } from './scenario.ts'
import { cannotInject, type Injection, type ProgramEnd, sampleOf, strike } from './system-calls.ts'

/** `REPRISE_FAULT_POINTS=all npx vitest run test/faults/injected.test.ts` for every call. */
const points = process.env.REPRISE_FAULT_POINTS ?? (process.env.CI === undefined ? '3' : 'all')
const pointsMax = points === 'all' ? Number.POSITIVE_INFINITY : Number(points)
const why = cannotInject === undefined ? '' : ` (not run: ${cannotInject})`
const limitMs = 3_600_000

describe.skipIf(cannotInject !== undefined)(`one system call${why}`, () => {
  it.each(['make', 'put', 'collect', 'rebuild'] as const)(
    'at which the process is killed costs nothing that was acknowledged: %s',
    async (what) => {
      const { problems } = await goThrough(await createScenario(what), 'signal=SIGKILL')
      expect(problems).toEqual([])
    },
    limitMs,
  )

  it.each([
    ['make', 'error=ENOSPC'],
    ['make', 'error=EIO'],
    ['put', 'error=ENOSPC'],
    ['put', 'error=EIO'],
    ['collect', 'error=ENOSPC'],
    ['collect', 'error=EIO'],
    ['rebuild', 'error=ENOSPC'],
    ['rebuild', 'error=EIO'],
  ] as const)(
    'that fails is told, and leaves a whole store that works again: %s, %s',
    async (what, injection) => {
      const { problems, told } = await goThrough(await createScenario(what), injection)
      expect(problems).toEqual([])
      if (points === 'all') expect(told).toContain(injection === 'error=ENOSPC' ? 'store-full' : 'store-io')
    },
    limitMs,
  )
})

interface Findings {
  readonly problems: readonly string[]
  /** The kinds of the failures that were told. */
  readonly told: ReadonlySet<string>
}

/**
 * Whether lmdb-js ended the process because one of its own pages could not be written, which it may
 * (`store/lmdb/defects`). What the store writes there are zeros.
 */
function isEndedByLmdb({ signal, struck }: ProgramEnd): boolean {
  const isPage = /^\d+ +(pwrite64|pwritev|writev|write)\(\d+<[^>]*\/data\.mdb>(?!, "(\\0)+")/
  return ['SIGSEGV', 'SIGABRT', 'SIGBUS'].includes(signal ?? '') && struck.every((call) => isPage.test(call))
}

/** Does the scenario once for each of its calls, and examines the store each time. */
async function goThrough(scenario: Scenario, injection: Injection): Promise<Findings> {
  const problems: string[] = []
  const told = new Set<string>()
  const sample = sampleOf(scenario.points, pointsMax)
  let struck = 0
  for (const point of sample) {
    const end = await strike(scenario.program, point, injection, { ...scenario, below: scenario.store })
    if (end === undefined) continue
    struck += 1
    const failure = /^failed (\S+):/m.exec(end.stdout)?.[1]
    if (failure !== undefined) told.add(failure)
    const found: string[] = []
    if (injection !== 'signal=SIGKILL' && end.exitCode !== 0 && !isEndedByLmdb(end)) {
      found.push(`it ended with ${end.exitCode ?? end.signal}: ${end.stderr}`)
    }
    const again = /^again failed.*$/m.exec(end.stdout)?.[0]
    // What is killed says nothing more; where that is a child, it is struck again in each one.
    if (again !== undefined && end.struck.length === 1 && injection !== 'signal=SIGKILL')
      found.push(`it does not work again in the same process: ${again}`)
    // A store of which not even the directory was made is no store to examine.
    if (existsSync(join(scenario.store, 'FORMAT'))) found.push(...(await scenario.examine()))
    problems.push(...found.map((problem) => `${end.struck.join().slice(0, 200)}: ${problem}`))
  }
  process.stdout.write(
    `${scenario.name}, ${injection}: ${sample.length} of ${scenario.points.length} calls, struck ${struck}, ` +
      `told ${[...told].join(', ') || 'nothing'}, problems ${problems.length}\n`,
  )
  expect(struck).toBeGreaterThan(0)
  return { problems, told }
}
