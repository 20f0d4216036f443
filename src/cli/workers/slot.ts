import { type CacheStore, describeStoreFailure, openStore } from '../../../store/index.ts'
import { findPipeline, loadPipelines, type NamedPipeline } from '../../config/pipelines.ts'
import { exitCodes, type Graph, type Provision } from '../../core/index.ts'
import { findDevice, ToolProbe } from '../../engine/index.ts'
import type { Order } from '../../executors/contract/order.ts'
import { sourcesOfPipelines, stageOfOrder, toolsOfPipelines } from '../../executors/worker/known-pipelines.ts'
import { serveSlot } from '../../executors/worker/serve-slot.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { noStorePlace } from '../command-line/store-location.ts'
import { openNamedRemote } from '../remote/remote-use.ts'
import type { SlotSettings } from './worker-flags.ts'

/** Runs the process of one slot, until the worker ends. */
export async function runSlot({ flags, store: storePath }: SlotSettings, context: CliContext): Promise<number> {
  const unusable = (message: string) => {
    process.send?.(JSON.stringify({ kind: 'unusable', message }))
    return exitCodes.storeUnusable
  }
  if (storePath === undefined) return unusable(noStorePlace)
  const pipelines = await loadPipelines(context.cwd, flags.config)
  if (!pipelines.ok) return unusable(pipelines.error)
  const opened = await openStore({ dir: storePath })
  if (!opened.ok) return unusable(describeStoreFailure(opened.error))
  const store = opened.value
  const cache = await openNamedRemote(flags, context)
  const problem = cache.ok ? readOnlyProblem(cache.value) : cache.error
  if (!cache.ok || problem !== undefined) {
    await store.close()
    return unusable(problem ?? '')
  }
  try {
    const found = await findDevice(store)
    const known = [...pipelines.value.values()].map(({ pipeline }) => pipeline)
    const graphs = new Map<string, Graph>()
    await serveSlot({
      store,
      cache: cache.value,
      device: flags.device === undefined || flags.device === 'auto' ? found.device : flags.device,
      facts: {
        tools: await toolsOfPipelines(known, new ToolProbe(store)),
        sources: await sourcesOfPipelines(known, store),
        pipelines: known.map(({ name }) => name),
      },
      ...(flags['work-dir'] === undefined ? {} : { workDir: flags['work-dir'] }),
      find: async (order: Order) => {
        const named = findPipeline(pipelines.value, order.pipeline)
        if (!named.ok) return named
        const stage = stageOfOrder(named.value.pipeline, order, graphs)
        return stage.ok ? { ok: true, value: { stage: stage.value, services: servicesOf(named.value) } } : stage
      },
    })
    return exitCodes.ok
  } finally {
    await store.close()
  }
}

function readOnlyProblem({ name, readOnly }: CacheStore): string | undefined {
  if (!readOnly) return undefined
  return `the remote ${name} is read-only for this worker, so it cannot bring results: see 'reprise remote keygen --help'`
}

const none: readonly Provision[] = []

/** The same list each time, so that its clients are made once. */
function servicesOf({ offers }: NamedPipeline): readonly Provision[] {
  return offers?.services ?? none
}
