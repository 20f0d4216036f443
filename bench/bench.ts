import type { LocalStore, OpenStoreOptions, Result, StoreFailure } from '../store/index.ts'
import type { AbsentContender, Comparison, Contender, MeasureOptions, Target, Timing } from './measure.ts'
import { interleave } from './measure.ts'

/** The name under which our own contender goes in every comparison. */
export const ours = 'reprise'

/** What a bench is given. */
export interface BenchContext {
  /** An empty directory on the file system that is to be measured. */
  readonly dir: string
  /** Makes another such directory, where nothing was ever removed. */
  readonly section: (name: string) => string
  /** The short form, for continuous integration: the same ratios from less data. */
  readonly quick: boolean
  readonly measure: MeasureOptions
  readonly built: Built
}

/** What the build has made: the store as users import it, with the worker threads it ships, and the command line. */
export interface Built {
  /** Everything that the store exports. */
  readonly store: typeof import('../store/index.ts')
  /** Opens, or makes, a store; rejects when it is refused. */
  readonly openStore: (dir: string, options?: Omit<OpenStoreOptions, 'dir'>) => Promise<LocalStore>
  /** The path of the command line's program. */
  readonly cli: string
  /** The path of the public API's module. */
  readonly api: string
  /** The path of the store's module. */
  readonly storeModule: string
  /** The path of the hashing threads' module. */
  readonly digestWorker: string
  /** Loads that module as a user's program does. */
  readonly loadApi: () => Promise<typeof import('../src/index.ts')>
}

/** One bench: it measures and returns its comparisons, in the order of the table. */
export interface Bench {
  readonly name: string
  readonly title: string
  readonly run: (context: BenchContext) => Promise<readonly Comparison[]>
}

/** What to compare: contenders, ours among them, and what is aimed at against which of them. */
export interface Contest {
  readonly work: string
  readonly contenders: readonly (Contender | AbsentContender)[]
  /** By the peer's name. */
  readonly targets?: Readonly<Record<string, Target>>
  readonly bytes?: number
  /** Ours by another name than `reprise`. */
  readonly ours?: string
}

/** Measures all contenders in turn and returns ours against each of the others. */
export async function compare(contest: Contest, options: MeasureOptions): Promise<Comparison[]> {
  const timings = await interleave(contest.contenders, options)
  return comparisonsOf(contest, timings)
}

/** Returns ours against each of the others, from what has been measured. */
export function comparisonsOf(contest: Contest, timings: ReadonlyMap<string, Timing>): Comparison[] {
  const { work, bytes, targets = {}, ours: name = ours } = contest
  const own = timings.get(name)
  if (own === undefined) throw new Error(`${name} is not among the contenders of '${work}'`)
  return [...timings.values()]
    .filter((timing) => timing !== own)
    .map((peer) => {
      const target = targets[peer.name]
      return {
        work,
        ours: own,
        peer,
        ...(target === undefined ? {} : { target }),
        ...(bytes === undefined ? {} : { bytes }),
      }
    })
}

/** Returns a result's value; a bench has no use for a failure. */
export function valueIn<Value>(result: Result<Value, StoreFailure>): Value {
  if (!result.ok) throw new Error(`the store failed: ${JSON.stringify(result.error)}`)
  return result.value
}
