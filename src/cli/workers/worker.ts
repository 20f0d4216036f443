import packageJson from '../../../package.json' with { type: 'json' }
import { exitCodes } from '../../core/index.ts'
import { printable } from '../../report/text/printable.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { storeDir } from '../command-line/store-location.ts'
import { openNamedRemote } from '../remote/remote-use.ts'
import { namedPools, type PlacedPool } from './placed-pools.ts'
import { type WorkerFlags, workerFlags } from './worker-flags.ts'

/** Set in the processes of slots. */
const slotVariable = 'REPRISE_WORKER_SLOT'

const defaultGraceMs = 600_000

const notes = `A worker needs the same project as the runs (the same checkout, image or shared folder) and its tools. It derives the
key of each step from what it finds, and refuses a step where that differs, saying in what. It gets neither code nor
secrets: its config provides services. It refuses orders that nobody signed whom its remote trusts.

Ctrl-C or SIGTERM: it takes no more steps, and ends when those that it has are done. Once more gives them back at once.

Exit codes: 0 success, 2 usage error, 4 the store or the remote is unusable.`

/** `reprise worker`: executes steps of runs on other machines. */
export const workerCommand = command({
  name: 'worker',
  description: 'Executes steps of runs on other machines: those of one pool, as orders come in.',
  flags: workerFlags,
  positionals: [],
  notes,
  examples: [
    {
      line: 'reprise worker --pool gpu --orders /mnt/team/orders --remote /mnt/team/cache',
      does: "executes the pool's steps of all runs that give orders to that folder",
    },
    {
      line: 'reprise worker --pool cpu --slots 4 --orders redis://render:6379 --remote s3://team/cache',
      does: 'takes orders from a Redis server, four at once',
    },
  ],
  async execute({ flags }, context) {
    const { env } = context
    const store = await storeDir(flags.store, context)
    if (env[slotVariable] !== undefined) {
      const { runSlot } = await import('./slot.ts')
      return runSlot({ flags, store }, context)
    }
    const pools = await namedPools(flags, context)
    if (!pools.ok) return usageError(context, 'worker', pools.error)
    const [pool, ...others] = Object.entries(pools.value)
    if (pool === undefined || others.length > 0) {
      const names = Object.keys(pools.value).join(', ')
      return usageError(
        context,
        'worker',
        `the config has orders of several pools (${names}): choose one with --pool NAME`,
      )
    }
    return startWorker(pool, flags, context)
  },
})

async function startWorker(
  [pool, placed]: readonly [string, PlacedPool],
  flags: WorkerFlags,
  context: CliContext,
): Promise<number> {
  const { openStation, placeOfPool } = await import('../../executors/open-orders.ts')
  const place = placeOfPool(placed, placed.cwd)
  if (!place.ok) return usageError(context, 'worker', `--orders: ${place.error}`)
  const station = await openStation(place.value)
  if (!station.ok) return usageError(context, 'worker', `--orders: ${station.error}`)
  const remote = await openNamedRemote(flags, context)
  if (!remote.ok) {
    writeError(context, 'worker', remote.error)
    return exitCodes.storeUnusable
  }
  const [{ runWorker }, { findDevice }, { jobVariable }] = await Promise.all([
    import('../../executors/worker/run-worker.ts'),
    import('../../engine/index.ts'),
    import('../../executors/batch/job-script.ts'),
  ])
  const found = await findDevice()
  const device = flags.device === undefined || flags.device === 'auto' ? found.device : flags.device
  const isFound = device === found.device
  const stop = new AbortController()
  let grace: NodeJS.Timeout | undefined
  const say = (line: string) => context.stderr.write(`${new Date().toISOString()} ${printable(line)}\n`)
  const interrupt = interruptOn(process, () => {
    say('takes no more orders; ends when those that it has are done. Press Ctrl-C again to give them back.')
    grace = setTimeout(() => stop.abort(), flags.grace ?? defaultGraceMs)
  })
  interrupt.kill.addEventListener('abort', () => stop.abort())
  const ending = new AbortController()
  const timer = flags.for === undefined ? undefined : setTimeout(() => ending.abort(), flags.for)
  try {
    await runWorker({
      station: station.value,
      pool,
      submitters: remote.value,
      sealer: remote.value,
      slots: flags.slots ?? 1,
      slotCommand: { module: process.argv[1] ?? '', args: process.argv.slice(2), env: { [slotVariable]: '1' } },
      device,
      ...(isFound && found.name !== undefined ? { gpu: found.name } : {}),
      gpus: isFound ? (found.gpus ?? []) : [],
      reprise: packageJson.version,
      ...(flags.name === undefined ? {} : { name: flags.name }),
      isJob: context.env[jobVariable] !== undefined,
      ...(flags.once ? { orders: 1 } : {}),
      ...(flags.idle === undefined ? {} : { idleMs: flags.idle }),
      drain: AbortSignal.any([interrupt.signal, ending.signal]),
      stop: stop.signal,
      onLine: say,
    })
    return exitCodes.ok
  } catch (error) {
    writeError(context, 'worker', error instanceof Error ? error.message : String(error))
    return exitCodes.storeUnusable
  } finally {
    clearTimeout(timer)
    clearTimeout(grace)
    interrupt.dispose()
  }
}
