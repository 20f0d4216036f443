import packageJson from '../../../package.json' with { type: 'json' }
import type { Result } from '../../../store/index.ts'
import { loadPipelines } from '../../config/pipelines.ts'
import { exitCodes } from '../../core/index.ts'
import type { Offer } from '../../executors/contract/offer.ts'
import { durationText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { configFlags, storeFlags } from '../command-line/run-flags.ts'
import { storeDir } from '../command-line/store-location.ts'
import { namedPools } from './placed-pools.ts'

/** A worker, and in what it differs from this machine. */
interface ListedWorker extends Offer {
  readonly differs: readonly string[]
}

const notes = `A worker that differs in a tool that a step uses refuses that step, because its result has another key. It is
listed for as long as it says that it is alive.

Exit codes: 0 all places were asked, 1 one cannot be reached, 2 usage error.`

/** `reprise workers`: lists the workers that take orders. */
export const workersCommand = command({
  name: 'workers',
  description: 'Lists the workers that take orders, and how they differ from this machine.',
  positionals: [],
  flags: {
    orders: {
      kind: 'text',
      value: 'PLACE',
      description: 'Where orders go: a folder, or redis://HOST:PORT; by default the places of the config.',
    },
    pool: { kind: 'text', value: 'NAME', description: 'The pool; by default gpu, or those of the config.' },
    json: { kind: 'switch', description: 'Writes the workers as one JSON list.' },
    ...storeFlags,
    ...configFlags,
  },
  notes,
  examples: [
    { line: 'reprise workers', does: "lists the workers of the config's pools" },
    {
      line: 'reprise workers --orders /mnt/team/orders --pool gpu',
      does: 'lists those that take orders from a folder',
    },
  ],
  async execute({ flags }, context) {
    const asked = await namedPools(flags, context)
    if (!asked.ok) return usageError(context, 'workers', asked.error)
    const { openEngine, placeOfPool } = await import('../../executors/open-orders.ts')
    const own = await ownFacts(flags, context)
    if (!own.ok) return usageError(context, 'workers', own.error)
    const listed: ListedWorker[] = []
    let isReached = true
    for (const [pool, placed] of Object.entries(asked.value)) {
      const place = placeOfPool(placed, placed.cwd)
      if (!place.ok) return usageError(context, 'workers', `pool '${pool}': ${place.error}`)
      const engine = await openEngine(place.value)
      if (!engine.ok) return usageError(context, 'workers', engine.error)
      const offers = await engine.value.offers(pool)
      await engine.value.close()
      if ('unreachable' in offers) {
        writeError(context, 'workers', `pool '${pool}': ${offers.unreachable}`)
        isReached = false
      } else listed.push(...offers.map((offer) => ({ ...offer, differs: differences(offer, own.value) })))
    }
    const { stdout, env } = context
    if (flags.json) stdout.write(`${JSON.stringify(listed)}\n`)
    else if (isReached || listed.length > 0) {
      const [head = '', ...rows] = lines(listed)
      stdout.write(`${[styleFor(stdout.isTerminal, env)('bold', head), ...rows].join('\n')}\n`)
    }
    return isReached ? exitCodes.ok : exitCodes.stepFailed
  },
})

/** Returns the tools and the code of this machine, as its own worker would tell them. */
async function ownFacts(
  flags: { readonly store: string | undefined; readonly config: string | undefined },
  context: CliContext,
): Promise<Result<Own, string>> {
  const pipelines = await loadPipelines(context.cwd, flags.config)
  if (!pipelines.ok) return pipelines
  const [{ openStore }, { ToolProbe }, { sourcesOfPipelines, toolsOfPipelines }] = await Promise.all([
    import('../../../store/index.ts'),
    import('../../engine/index.ts'),
    import('../../executors/worker/known-pipelines.ts'),
  ])
  const dir = await storeDir(flags.store, context)
  const opened = dir === undefined ? undefined : await openStore({ dir })
  const store = opened?.ok === true ? opened.value : undefined
  try {
    const known = [...pipelines.value.values()].map(({ pipeline }) => pipeline)
    const tools = await toolsOfPipelines(known, new ToolProbe(store))
    return { ok: true, value: { tools, sources: store === undefined ? {} : await sourcesOfPipelines(known, store) } }
  } finally {
    await store?.close()
  }
}

/** What this machine has of what offers tell. */
interface Own {
  readonly tools: Offer['tools']
  readonly sources: NonNullable<Offer['sources']>
}

function differences(offer: Offer, own: Own): readonly string[] {
  const version = offer.reprise === packageJson.version ? [] : [`reprise ${packageJson.version} -> ${offer.reprise}`]
  const names = [...new Set([...Object.keys(own.tools), ...Object.keys(offer.tools)])].sort()
  const tools = names.flatMap((name) => {
    const [here, there] = [own.tools[name] ?? 'none', offer.tools[name] ?? 'none']
    return here === there ? [] : [`${name} ${here} -> ${there}`]
  })
  return [...version, ...tools, ...sourceDifferences(offer, own)]
}

/** Names the stages whose code differs, and a pipeline alone that is on one side only. */
function sourceDifferences({ sources = {} }: Offer, own: Own): readonly string[] {
  const names = [...new Set([...Object.keys(own.sources), ...Object.keys(sources)])].sort()
  const lacking = new Set<string>()
  const other = names.flatMap((name) => {
    const [here, there] = [own.sources[name], sources[name]]
    if (here === there) return []
    if (here === undefined || there === undefined) {
      const [pipeline = name] = name.split('/')
      lacking.add(here === undefined ? `pipeline ${pipeline}, not here` : `pipeline ${pipeline}, not there`)
      return []
    }
    return [`code of ${name}`]
  })
  return [...other, ...lacking]
}

function lines(listed: readonly ListedWorker[]): readonly string[] {
  if (listed.length === 0) return ['no worker takes orders there']
  const rows = listed.map(({ pool, worker, slots, device, gpu, since, differs }) => [
    printable(pool),
    printable(worker),
    String(slots),
    printable(gpu === undefined ? device : `${device}, ${gpu}`),
    durationText(Math.max(0, Date.now() - Date.parse(since))),
    differs.length === 0 ? 'nothing' : printable(differs.join('; ')),
  ])
  return columns([['POOL', 'WORKER', 'SLOTS', 'DEVICE', 'UP FOR', 'DIFFERS FROM THIS MACHINE IN'], ...rows])
}
