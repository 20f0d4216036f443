import { type Provision, stageAmong } from '../../../src/core/index.ts'
import { serveSlot } from '../../../src/executors/worker/serve-slot.ts'
import { err, ok, openStore } from '../../../store/index.ts'
import { createFileCache } from '../../store/file-cache.ts'

/**
 * The process of a slot, for tests: `node serve-test-slot.js STORE CACHE MODULE DEVICE`. It knows the stages that a module
 * exports, and what that exports as `provisions`.
 */
const [storeDir = '', cacheDir = '', module = '', device = 'cpu'] = process.argv.slice(2)
const exports: Readonly<Record<string, unknown>> = await import(module)
const opened = await openStore({ dir: storeDir })
if (!opened.ok) throw new Error(opened.error.kind)

function isProvisions(value: unknown): value is readonly Provision[] {
  return Array.isArray(value) && value.every((provision) => typeof provision === 'object' && 'service' in provision)
}

const { provisions } = exports
const services = isProvisions(provisions) ? provisions : []
await serveSlot({
  store: opened.value,
  cache: createFileCache(cacheDir),
  device: device === 'cuda' ? 'cuda' : 'cpu',
  facts: { tools: {}, sources: {}, pipelines: [] },
  find: async ({ request }) => {
    const stage = stageAmong(exports, request.stage)
    return stage === undefined ? err(`stage ${request.stage.name}: it is not here`) : ok({ stage, services })
  },
})
await opened.value.close()
