import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import {
  type ActionKey,
  type ActionResult,
  type DoneStep,
  isStampedSo,
  type Ledger,
  type LocalStore,
  type StepsOfJob,
  sameDigest,
  stampNumbers,
  stampNumbersCount,
  stampOf,
} from '../../../store/index.ts'
import { type Graph, type Manifest, StepIndex, stepDirectory } from '../../core/index.ts'
import { readText } from '../system/read-text.ts'

const checkedIntervalMs = 3_600_000

/** A step whose key is known, and where its files lie. */
export interface DonePlace {
  readonly step: { readonly id: string }
  readonly prepared: { readonly key: ActionKey }
  readonly manifestPath: string
  pathOf(output: string): string | undefined
}

/**
 * The finished steps of a job, as its runs remember them: the keys of their actions, and the stamps of the manifests
 * and artifacts in the job directory. Only the holder of the job's lease writes them.
 */
export class DoneStepsOfJob {
  readonly #ledger: Pick<Ledger, 'done' | 'fileDigests'>
  readonly #job: string
  /** Its value before this run looked for any result. */
  readonly #mark: string | undefined
  readonly #known: StepsOfJob
  readonly #steps = new Map<string, DoneStep | undefined>()
  readonly #fresh = new Set<string>()

  constructor(ledger: Pick<Ledger, 'done' | 'fileDigests'>, job: string) {
    this.#ledger = ledger
    this.#job = job
    this.#mark = ledger.done.mark()
    this.#known = ledger.done.of(job)
  }

  /** Returns whether anything is remembered of a step. */
  has(step: string): boolean {
    return this.#known.has(step)
  }

  /** Looked up when it is first asked for: the run has the job's lease by then. */
  get(step: string): DoneStep | undefined {
    if (!this.#steps.has(step)) this.#steps.set(step, this.#known.get(step))
    return this.#steps.get(step)
  }

  /**
   * Returns the result of a step that a run left a hit, where nothing was removed from the store since, and its
   * manifest and outputs still have the stamps that they had: at the price of a stat a file.
   */
  resultInPlace(place: DonePlace): ActionResult | undefined {
    const done = this.get(place.step.id)
    if (done?.result === undefined || done.key !== place.prepared.key) return undefined
    if (!this.#ledger.done.hasResult(done) || !isManifestCurrent(place.manifestPath, done)) return undefined
    let start = 0
    for (const output of Object.keys(done.result.outputs)) {
      start += stampNumbersCount
      const path = place.pathOf(output)
      const stats = path === undefined ? undefined : statNow(path)
      if (stats === undefined || !isStampedSo(stats, done.stamps, start)) return undefined
    }
    // With ten thousand steps, what is not asked for again would fill the memory.
    this.#steps.delete(place.step.id)
    return done.result
  }

  /** Returns whether a step's manifest is one that tells of the same hit, and need not be written again yet. */
  isManifestOfHit({ step, prepared, manifestPath }: DonePlace): boolean {
    const done = this.get(step.id)
    return done?.key === prepared.key && done.cache === 'hit' && isManifestCurrent(manifestPath, done)
  }

  /**
   * Remembers the manifest that is there, and the result of a hit where the stamps of its outputs are those at which
   * their digests are known.
   */
  note(place: DonePlace, cache: Manifest['cache'], result?: ActionResult): void {
    const { step, prepared, manifestPath } = place
    // A step whose result is not in the store is not done: the next run executes it again.
    if (cache === 'off') {
      this.#set(step.id, undefined)
      return
    }
    const stats = lstatSync(manifestPath, { bigint: true, throwIfNoEntry: false })
    if (stats === undefined) return
    const stamps = stampNumbers(stampOf(stats))
    const ofOutputs = result && this.#stampsOf(place, result)
    const made = ofOutputs && { stamps: [...stamps, ...ofOutputs], result }
    this.#set(step.id, { key: prepared.key, cache, stamps, mark: this.#mark, ...made })
  }

  #set(step: string, done: DoneStep | undefined): void {
    this.#steps.set(step, done)
    this.#fresh.add(step)
  }

  #stampsOf(place: DonePlace, { outputs }: ActionResult): readonly number[] | undefined {
    const stamps: number[] = []
    for (const [output, { digest }] of Object.entries(outputs)) {
      const path = place.pathOf(output)
      const known = path === undefined ? undefined : this.#ledger.fileDigests.known(path)
      if (known === undefined || !sameDigest(known.digest, digest)) return undefined
      stamps.push(...stampNumbers(known.stamp))
    }
    return stamps
  }

  /** Remembers for the next run what this one found. */
  remember(): void {
    if (this.#fresh.size === 0) return
    this.#ledger.done.remember(this.#job, new Map([...this.#fresh].map((id) => [id, this.#steps.get(id)])))
  }
}

interface JobOfSteps {
  readonly graph: Graph
  readonly store: Pick<LocalStore, 'ledger'>
  readonly jobDir: string
  readonly done: DoneStepsOfJob
}

/**
 * Returns how many steps of a job have a result, as its manifests say. Mostly that is remembered, and no manifest is
 * read; those of a run that was killed are.
 */
export function countDoneSteps({ graph, store, jobDir, done }: JobOfSteps): number {
  const names = new Map(graph.steps.map(({ id, name }) => [id, name]))
  const items = store.ledger.jobs.stepNames(jobDir).filter((id) => !names.has(id))
  if (items.length > 0) {
    const index = new StepIndex<string>()
    for (const { id, name } of graph.steps) index.add(id, name)
    for (const id of items) {
      const name = index.find(id)
      if (name !== undefined) names.set(id, name)
    }
  }
  const made = new Set(readdirSync(jobDir))
  let count = 0
  for (const [id, name] of names) {
    const dir = stepDirectory(graph, { id, name })
    const slash = dir.indexOf('/')
    if (!made.has(slash < 0 ? dir : dir.slice(0, slash))) continue
    if (done.has(id) || hasResult(join(jobDir, dir, 'manifest.json'))) count += 1
  }
  return count
}

function hasResult(manifestPath: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readText(manifestPath) ?? '')
    if (typeof manifest !== 'object' || manifest === null) return false
    return 'exit_code' in manifest && manifest.exit_code === 0 && !('cache' in manifest && manifest.cache === 'off')
  } catch {
    return false
  }
}

/** A manifest says when its step was last checked, and does so every hour. */
function isManifestCurrent(path: string, { stamps }: DoneStep): boolean {
  const stats = statNow(path)
  if (stats === undefined || !isStampedSo(stats, stamps, 0)) return false
  const ageMs = Date.now() - stats.mtimeMs
  return ageMs >= 0 && ageMs < checkedIntervalMs
}

function statNow(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
