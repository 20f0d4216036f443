import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratch } from '../../rig/scratch.ts'
import { createScenario, type Scenario, type ScenarioName } from '../scenario.ts'
import {
  canEndWith,
  cannotInject,
  type ErrorInjection,
  type Injection,
  type ProgramEnd,
  sampleOf,
  strike,
} from '../system-calls.ts'

/** `REPRISE_FAULT_POINTS=all npx vitest run test/faults/injected` for every call. */
const asked = process.env.REPRISE_FAULT_POINTS
/** A rebuild has three processes and twice as many calls, and so has less of them tried by default. */
const defaults = process.env.CI === undefined ? { rebuild: 3, other: 3 } : { rebuild: 12, other: 1000 }

function pointsMaxOf(what: ScenarioName, injection: Injection): number {
  if (asked !== undefined) return asked === 'all' ? Number.POSITIVE_INFINITY : Number(asked)
  const isOfRights = injection === 'error=EMFILE' || injection === 'error=EACCES'
  return what === 'rebuild' || isOfRights ? defaults.rebuild : defaults.other
}
const why = cannotInject === undefined ? '' : ` (not run: ${cannotInject})`
const limitMs = 3_600_000

/**
 * Declares the tests of one scenario: it is killed at each of its calls, and each of its calls fails in each of these ways. A
 * file a scenario, because each takes minutes.
 */
export function describeInjected(what: ScenarioName, errors: readonly ErrorInjection[]): void {
  describe.skipIf(cannotInject !== undefined)(`one system call${why}`, () => {
    const dir = mkdtempSync(join(scratch, 'reprise-injected-'))
    let scenario: Scenario
    beforeAll(async () => {
      scenario = await createScenario(what, dir)
    })
    afterAll(() => rmSync(dir, { recursive: true, force: true }))

    it(
      `at which the process is killed costs nothing that was acknowledged: ${what}`,
      async () => {
        const { problems } = await goThrough(scenario, 'signal=SIGKILL')
        expect(problems).toEqual([])
      },
      limitMs,
    )

    it.each(errors)(
      `that fails is told, and leaves a whole store that works again: ${what}, %s`,
      async (injection) => {
        const { problems, told, isWhole } = await goThrough(scenario, injection)
        expect(problems).toEqual([])
        if (isWhole) expect(told).toContain(injection === 'error=ENOSPC' ? 'store-full' : 'store-io')
      },
      limitMs,
    )
  })
}

interface Findings {
  readonly problems: readonly string[]
  /** The kinds of the failures that were told. */
  readonly told: ReadonlySet<string>
  /** Whether every call was tried. */
  readonly isWhole: boolean
}

/**
 * Whether lmdb-js ended the process because one of its own pages could not be written, or it could not open one of its
 * files although that worked a moment before, which it may (`store/lmdb/defects`). What the store writes there are zeros.
 */
function isEndedByLmdb({ signal, struck }: ProgramEnd): boolean {
  const isPage = /^\d+ +(pwrite64|pwritev|writev|write)\(\d+<[^>]*\/data\.mdb>(?!, "(\\0)+")/
  const isOpening = /^\d+ +openat\([^"]*"[^"]*\/(data|lock)\.mdb"/
  const isOfLmdb = (call: string) => isPage.test(call) || isOpening.test(call)
  return ['SIGSEGV', 'SIGABRT', 'SIGBUS'].includes(signal ?? '') && struck.some(isOfLmdb)
}

/** Does the scenario once for each of its calls, and examines the store each time. */
async function goThrough(scenario: Scenario, injection: Injection): Promise<Findings> {
  const problems: string[] = []
  const told = new Set<string>()
  const points = scenario.points.filter((point) => canEndWith(point, injection))
  const sample = sampleOf(points, pointsMaxOf(scenario.name, injection))
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
    const isUnexpected = again !== undefined && !again.includes('store-read-only')
    if (isUnexpected && end.struck.length === 1 && injection !== 'signal=SIGKILL')
      found.push(`it does not work again in the same process: ${again}`)
    // A store of which not even the directory was made is no store to examine.
    if (existsSync(join(scenario.store, 'FORMAT'))) found.push(...(await scenario.examine()))
    problems.push(
      ...found.map(
        (problem) =>
          `${end.struck.map((call) => call.replaceAll(scenario.store, '').slice(0, 160)).join()}: ${problem}`,
      ),
    )
  }
  process.stdout.write(
    `${scenario.name}, ${injection}: ${sample.length} of ${points.length} calls, struck ${struck}, ` +
      `told ${[...told].join(', ') || 'nothing'}, problems ${problems.length}\n`,
  )
  expect(struck).toBeGreaterThan(0)
  return { problems, told, isWhole: sample.length === points.length }
}
