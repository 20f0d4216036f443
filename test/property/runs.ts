import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { edits } from './edits.ts'
import { drawnSteps } from './program.ts'
import type { Round, Scenario } from './rounds.ts'

/**
 * How many random graphs a test run tries in all, and how many properties share them, each in a file and so a process of
 * its own. `REPRISE_PROPERTY_RUNS=100000 REPRISE_PROPERTY_SEED=random npx vitest run test/property` for more than a
 * look: a processor tries some twelve a second.
 */
const graphs = Number(process.env.REPRISE_PROPERTY_RUNS ?? 1000)
const properties = 5
const numRuns = Math.ceil(graphs / properties)

/** A seed of one's own, or a random one, explores; without it a test run draws the same graphs every time. */
const asked = process.env.REPRISE_PROPERTY_SEED
const seed = asked === undefined ? 20_260_613 : asked === 'random' ? Date.now() % 2 ** 31 : Number(asked)

/** Scenarios that failed once, a JSON file each, `PROPERTY-SEED.json`; they are tried first. */
const casesDir = join(import.meta.dirname, 'cases')

/** The time that a property may take, in milliseconds. */
export const timeLimitMs = 120_000 + numRuns * 2000

/**
 * Tries a property on the scenarios that failed before, then on random ones: on a share of them where each takes long. What fails when one explores is kept as a
 * case, shrunk; the seed is printed.
 */
export async function explore<More extends Round>(
  name: string,
  drawn: fc.Arbitrary<Scenario & { readonly rounds: readonly More[] }>,
  property: (scenario: Scenario & { readonly rounds: readonly More[] }) => Promise<void>,
  { share = 1 }: { readonly share?: number } = {},
): Promise<void> {
  const count = Math.ceil(numRuns * share)
  const details = await fc.check(fc.asyncProperty(drawn, property), { numRuns: count, seed, examples: casesOf(name) })
  if (asked !== undefined) process.stdout.write(`${name}: seed ${seed}, ${details.numRuns} graphs\n`)
  if (!details.failed) return
  const [scenario] = details.counterexample ?? []
  if (asked !== undefined && scenario !== undefined) {
    mkdirSync(casesDir, { recursive: true })
    writeFileSync(join(casesDir, `${name}-${seed}.json`), `${JSON.stringify(scenario, undefined, 2)}\n`)
  }
  throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance })
}

/** Returns the kept cases of a property. They are what `explore` wrote, read back as it drew them. */
function casesOf<Case>(name: string): [Case][] {
  if (!existsSync(casesDir)) return []
  const files = readdirSync(casesDir).filter((file) => file.startsWith(`${name}-`))
  return files.sort().map((file) => [JSON.parse(readFileSync(join(casesDir, file), 'utf8')) as Case])
}

export const concurrencies = fc.integer({ min: 1, max: 4 })
export const failings = fc.integer({ min: 0, max: 4 })

/** Draws scenarios whose rounds are made of `more` besides edits. */
export function scenarios<More extends object>(more: fc.Arbitrary<More>, maxRounds = 4) {
  const round = fc.tuple(
    fc.record({ edits: fc.array(edits, { maxLength: 3 }), concurrency: concurrencies, shuffle: fc.nat({ max: 999 }) }),
    more,
  )
  return fc.record({
    drawn: drawnSteps,
    inlineBytesMax: fc.constantFrom(0, 6, 32_768),
    rounds: fc.array(
      round.map(([base, extra]): Round & More => ({ ...base, ...extra })),
      { minLength: 1, maxLength: maxRounds },
    ),
  })
}
