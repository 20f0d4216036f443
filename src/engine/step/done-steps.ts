import { lstatSync, type Stats } from 'node:fs'
import {
  type ActionKey,
  type ActionResult,
  type DoneJob,
  type DoneStep,
  isStampedSo,
  type LocalStore,
  sameDigest,
  stampNumbers,
  stampNumbersCount,
  stampOf,
} from '../../../store/index.ts'
import type { Graph, Manifest } from '../../core/index.ts'
import type { Available } from '../execute/inputs.ts'

const checkedIntervalMs = 3_600_000

/** A step whose key is known, and where its files lie. */
export interface DonePlace {
  readonly step: { readonly id: string }
  readonly prepared: { readonly key: ActionKey }
  readonly manifestPath: string
  pathOf(output: string): string | undefined
}

/**
 * The steps of a job that are done, as its runs remember them: the keys of their actions, and the stamps of the manifests
 * and artifacts that lie in the job directory. Whoever has the job's lease is the only one who writes those.
 */
export class DoneSteps {
  readonly #store: Pick<LocalStore, 'ledger'>
  readonly #job: string
  #known: DoneJob | undefined
  readonly #fresh = new Map<string, DoneStep>()

  constructor(store: Pick<LocalStore, 'ledger'>, job: string) {
    this.#store = store
    this.#job = job
  }

  /** Looked up when it is first asked for: the run has the job's lease by then. */
  get #before(): DoneJob {
    this.#known ??= this.#store.ledger.done.open(this.#job)
    return this.#known
  }

  /** Whether everything that was there for the job's last run still is in the store. */
  get stand(): boolean {
    return this.#before.stands
  }

  /** By the store's clock, since when the results of the last run are noted as used. */
  get notedMs(): number {
    return this.#before.notedMs
  }

  /** Returns whether a step has a result; undefined where nothing is remembered of it. */
  isDone(step: string): boolean | undefined {
    return this.#before.isDone(step)
  }

  /** Returns what is remembered of a step. */
  get(step: string): DoneStep | undefined {
    return this.#fresh.get(step) ?? this.#before.get(step)
  }

  /**
   * Returns the result of a step that the last run left a hit, where nothing was removed from the store since, and its
   * manifest and outputs still have the stamps that they had: at the price of a stat a file.
   */
  untouchedResult(place: DonePlace): ActionResult | undefined {
    const done = this.#before.get(place.step.id)
    if (done?.result === undefined || done.key !== place.prepared.key || !this.#before.hasResult(done)) return undefined
    if (!isManifestCurrent(place.manifestPath, done)) return undefined
    let start = 0
    for (const output of Object.keys(done.result.outputs)) {
      start += stampNumbersCount
      const path = place.pathOf(output)
      const stats = path === undefined ? undefined : statNow(path)
      if (stats === undefined || !isStampedSo(stats, done.stamps, start)) return undefined
    }
    return done.result
  }

  /** Returns whether a step's manifest is one that tells of the same hit, and need not be written again yet. */
  isManifestOfHit({ step, prepared, manifestPath }: DonePlace): boolean {
    const done = this.get(step.id)
    return done?.key === prepared.key && done.cache === 'hit' && isManifestCurrent(manifestPath, done)
  }

  /** Remembers the manifest that was just written. */
  noteManifest({ step, prepared: { key }, manifestPath }: DonePlace, cache: Manifest['cache']): void {
    const stats = lstatSync(manifestPath, { bigint: true, throwIfNoEntry: false })
    if (stats !== undefined) this.#fresh.set(step.id, { key, cache, stamps: stampNumbers(stampOf(stats)) })
  }

  /** Remembers the outputs of a hit, beside its manifest, where their stamps are those at which their digests are known. */
  noteHit({ step, prepared }: DonePlace, result: ActionResult, outputs: Readonly<Record<string, Available>>): void {
    const done = this.get(step.id)
    // Of a manifest that went as it was written, what an earlier one was is still known.
    if (done?.key !== prepared.key) return
    const stamps = [...done.stamps.slice(0, stampNumbersCount)]
    for (const output of Object.keys(result.outputs)) {
      const available = outputs[output]
      const known = available === undefined ? undefined : this.#store.ledger.fileDigests.known(available.path)
      if (known === undefined || available === undefined || !sameDigest(known.digest, available.artifact.digest)) return
      stamps.push(...stampNumbers(known.stamp))
    }
    this.#fresh.set(step.id, { ...done, stamps, result })
  }

  /**
   * Remembers all that for the next run. `notedMs` says since when the results of the hits are noted as used, of which
   * `ended` are those that were found untouched. The next run asks for the steps in the order of the graph.
   */
  remember({ steps: inOrder }: Pick<Graph, 'steps'>, ended: ReadonlyMap<string, unknown>, notedMs: number): void {
    const before = this.#before
    if (this.#fresh.size === 0 && (notedMs === before.notedMs || !before.stands)) return
    const steps = new Map<string, DoneStep>()
    let oldestMs = notedMs
    for (const id of new Set([...inOrder.map((step) => step.id), ...before.ids, ...this.#fresh.keys()])) {
      const fresh = this.#fresh.get(id)
      const step = fresh ?? before.get(id)
      if (step === undefined) continue
      steps.set(id, fresh !== undefined || before.stands ? step : withoutResult(step))
      if (!ended.has(id) && fresh === undefined) oldestMs = Math.min(oldestMs, before.notedMs)
    }
    this.#store.ledger.done.remember(this.#job, steps, {
      mark: before.mark,
      notedMs: Number.isFinite(oldestMs) ? oldestMs : 0,
    })
  }
}

/** What this run has not looked for may be gone from the store. */
function withoutResult({ key, cache, stamps }: DoneStep): DoneStep {
  return { key, cache, stamps: stamps.slice(0, stampNumbersCount) }
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
