import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { type Device, ownPools, unknownName } from '../../core/index.ts'
import type { RunRequest } from '../../engine/index.ts'
import type { WorkerLaunch } from '../../executors/batch/job-script.ts'
import type { Engine } from '../../executors/contract/engine.ts'
import type { Offer } from '../../executors/contract/offer.ts'
import { openEngine, placeOfPool } from '../../executors/open-orders.ts'
import type { RemotePool } from '../../executors/run/remote-executor.ts'
import { printable } from '../../report/text/printable.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { readNameValues } from '../command-line/name-value.ts'
import type { ChosenRemote } from '../remote/chosen-remote.ts'
import { openChosen } from '../remote/with-remote.ts'
import type { PlacedPool } from './placed-pools.ts'

/** Which pools workers execute, as the config and the command line say. */
export interface AskedWorkers {
  readonly workers: Readonly<Record<string, PlacedPool>>
  readonly remote: ChosenRemote | undefined
  readonly pools: Readonly<Record<string, number>>
  /** The path of the config. */
  readonly config: string | undefined
}

/** What a run needs to have steps executed by workers. */
export interface RunWorkers {
  readonly request: Pick<RunRequest, 'executor' | 'pools' | 'poolsElsewhere' | 'poolDevices' | 'warnings'>
  close(): Promise<void>
}

/** Returns the pools of the config, and those of the command line over them: `NAME=PLACE`. */
export function readWorkersFlag(
  declared: Readonly<Record<string, PlacedPool>>,
  texts: readonly string[],
  pools: Readonly<Record<string, number>>,
  cwd: string,
): Result<Readonly<Record<string, PlacedPool>>, string> {
  const named = readNameValues('--workers', texts, 'POOL=PLACE')
  if (!named.ok) return named
  const workers: Record<string, PlacedPool> = { ...declared }
  const known = [...ownPools, ...Object.keys(pools), ...Object.keys(declared)]
  for (const [name, places] of named.value) {
    if (!known.includes(name))
      return { ok: false, error: `--workers: ${unknownName('pool', name, [...new Set(known)])}` }
    workers[name] = { ...declared[name], orders: places.at(-1) ?? '', cwd }
  }
  return { ok: true, value: workers }
}

/** Finds the workers of a run. A pool without any is left to this machine, unless it is for workers only. */
export async function openWorkers(
  { workers, remote, pools, config }: AskedWorkers,
  context: Pick<CliContext, 'cwd' | 'env' | 'stderr'>,
): Promise<Result<RunWorkers, string>> {
  if (remote === undefined)
    return {
      ok: false,
      error:
        'workers need a remote, through which inputs and results travel: add --remote URL, or write it into the config',
    }
  const launch = workerLaunch(remote, config, context)
  const onLine = (line: string) => void context.stderr.write(`${printable(line)}\n`)
  const engines = new Map<string, Engine>()
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const one of closing.splice(0)) await one()
  }
  const fail = async (error: string): Promise<Result<never, string>> => {
    await close()
    return { ok: false, error }
  }
  const placed = new Map<string, RemotePool>()
  const notes: string[] = []
  const sizes: Record<string, number> = { ...pools }
  const devices: Record<string, Device> = {}
  for (const [pool, placedPool] of Object.entries(workers)) {
    const { slots, only = false } = placedPool
    const place = placeOfPool(placedPool, placedPool.cwd)
    if (!place.ok) return fail(`workers of the pool '${pool}': ${place.error}`)
    const name = JSON.stringify(place.value)
    let engine = engines.get(name)
    if (engine === undefined) {
      const opened = await openEngine(place.value, {}, { launch, onLine })
      if (!opened.ok) return fail(`workers of the pool '${pool}': ${opened.error}`)
      engine = opened.value
      engines.set(name, engine)
      closing.push(() => opened.value.close())
    }
    const offers = await engine.offers(pool)
    const isThere = !('unreachable' in offers) && (offers.length > 0 || engine.starts !== undefined)
    if (!isThere) {
      const why = 'unreachable' in offers ? offers.unreachable : `no worker takes its orders from ${engine.name}`
      notes.push(`pool '${pool}': ${why}${only ? '' : '; its steps are executed on this machine'}`)
      if (!only) continue
    }
    placed.set(pool, { engine, only })
    const living = 'unreachable' in offers ? [] : offers
    sizes[pool] =
      slots ??
      engine.starts?.slots ??
      Math.max(
        1,
        living.reduce((sum, offer) => sum + offer.slots, 0),
      )
    const device = mostOffered(living) ?? engine.starts?.device
    if (device !== undefined) devices[pool] = device
  }
  if (placed.size === 0) {
    await close()
    return { ok: true, value: { request: { pools, warnings: notes }, close } }
  }
  const cache = await openChosen(remote, context)
  if (!cache.ok) return fail(cache.error)
  if (cache.value.readOnly)
    return fail(`${cache.value.name} is read-only: the inputs of steps cannot be sent to workers`)
  const { RemoteExecutor } = await import('../../executors/run/remote-executor.ts')
  const { makeScratchDirectory } = await import('../../executors/transfer/scratch-directory.ts')
  const { removeTree } = await import('../../engine/system/remove-tree.ts')
  const scratch = makeScratchDirectory('reprise-orders-', tmpdir())
  closing.push(async () => removeTree(scratch))
  const request = {
    executor: (site: ConstructorParameters<typeof RemoteExecutor>[0]) =>
      new RemoteExecutor(site, {
        pools: placed,
        cache: cache.value,
        sealer: cache.value,
        workers: cache.value,
        scratch,
      }),
    pools: sizes,
    poolsElsewhere: [...placed.keys()],
    poolDevices: devices,
    warnings: notes,
  }
  return { ok: true, value: { request, close } }
}

/** Returns how a batch system starts a worker of this run's project: as this process was started. */
function workerLaunch(
  { options, cwd: base }: ChosenRemote,
  config: string | undefined,
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
): WorkerLaunch {
  const { url } = options
  // A variable, since an address may hold a password: a command line is there for all to see.
  const remote = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : resolve(base, url)
  return {
    program: [process.execPath, process.argv[1] ?? ''],
    args: config === undefined ? [] : ['--config', config],
    cwd,
    env: { ...env, REPRISE_REMOTE: remote },
  }
}

/** Returns the device of most slots: the keys of the pool's steps are for it. */
function mostOffered(offers: readonly Offer[]): Device | undefined {
  const slots = new Map<Device, number>()
  for (const offer of offers) slots.set(offer.device, (slots.get(offer.device) ?? 0) + offer.slots)
  return [...slots].sort(([, a], [, b]) => b - a)[0]?.[0]
}
