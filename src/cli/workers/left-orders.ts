import { loadConfig } from '../../config/config-loader.ts'
import { exitCodes } from '../../core/index.ts'
import type { LeftStep } from '../../engine/index.ts'
import type { CancelledOrder } from '../../executors/contract/engine.ts'
import type { Order } from '../../executors/contract/order.ts'
import { openEngine, placeOfPool } from '../../executors/open-orders.ts'
import { printable } from '../../report/text/printable.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { poolsOfConfig } from './placed-pools.ts'
import { readWorkersFlag } from './run-workers.ts'

/** A worker that has not ended its step after this time hangs, or nobody is there to say that it is dead. */
const patienceMs = 60_000

export interface LeftOrders {
  readonly left: readonly LeftStep[]
  /** The config of the job's last run. */
  readonly config: string | undefined
  /** `POOL=PLACE`, over what the config says. */
  readonly workers: readonly string[]
  /** Stops waiting. */
  readonly signal: AbortSignal
}

/** What became of the steps that workers had, and the exit code that says whether all of them are ended. */
export interface CancelledSteps {
  readonly code: number
  readonly steps: readonly CancelledOrder[]
}

/**
 * Ends what workers still have of a job whose runs are dead, and says what became of each step. Returns undefined where
 * they have nothing.
 */
export async function cancelLeftSteps(
  { left, config: path, workers: texts, signal }: LeftOrders,
  shown: string,
  context: CliContext,
): Promise<CancelledSteps | undefined> {
  const { cwd, stderr } = context
  const refused = (message: string) => ({ code: usageError(context, 'jobs cancel', message), steps: [] })
  const loaded = path === undefined ? undefined : await loadConfig(path)
  const config = loaded?.ok === true ? loaded.value.config : undefined
  const declared = poolsOfConfig(config?.workers, path, cwd)
  const pools = readWorkersFlag(declared, texts, config?.pools ?? {}, cwd)
  if (!pools.ok) return refused(pools.error)
  const places = Object.entries(pools.value)
  if (places.length === 0) {
    const elsewhere = left.filter(({ isElsewhere }) => isElsewhere)
    if (elsewhere.length === 0) return undefined
    const names = elsewhere.map(({ step }) => printable(step)).join(', ')
    const why = loaded?.ok === false ? ` (${loaded.error})` : ''
    const told = `workers may still have ${names}, and the config does not say where their orders are${why}: add --workers POOL=PLACE`
    writeError(context, 'jobs cancel', told)
    return { code: exitCodes.stepFailed, steps: [] }
  }
  const keys = new Set(left.map(({ key }) => key))
  const runs = new Set(left.flatMap((one) => one.runs))
  const isMeant = ({ id, run }: Order) => keys.has(id) || runs.has(run)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const steps: CancelledOrder[] = []
  let isReached = true
  for (const [pool, placed] of places) {
    const place = placeOfPool(placed, placed.cwd)
    if (!place.ok) return refused(`pool '${pool}': ${place.error}`)
    const engine = await openEngine(place.value)
    if (!engine.ok) return refused(engine.error)
    const cancelled = await engine.value.cancel(pool, isMeant, patience)
    await engine.value.close()
    if ('unreachable' in cancelled) {
      isReached = false
      const message = `workers of the pool '${pool}' may still have steps of ${shown}: ${cancelled.unreachable}`
      writeError(context, 'jobs cancel', message)
    } else steps.push(...cancelled)
  }
  for (const end of steps) stderr.write(`${printable(end.step)}: ${endText(end)}\n`)
  const isAsked = steps.some(({ how }) => how === 'asked')
  if (!isReached || isAsked) return { code: signal.aborted ? exitCodes.interrupted : exitCodes.stepFailed, steps }
  return steps.length === 0 ? undefined : { code: exitCodes.ok, steps }
}

function endText({ how, worker = '' }: CancelledOrder): string {
  const name = printable(worker)
  switch (how) {
    case 'taken-back':
      return 'taken back before a worker began it'
    case 'ended':
      return `ended on ${name}`
    case 'done':
      return `was done on ${name} already`
    case 'gone':
      return 'nobody has it now'
    case 'lost':
      return `${name} is silent; nobody has it now`
    case 'asked':
      return 'its worker was asked to end it, and has not answered yet'
    default:
      return how satisfies never
  }
}
