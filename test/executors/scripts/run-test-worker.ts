import { anySeal } from '../../../src/executors/contract/sealed-order.ts'
import { openStation } from '../../../src/executors/open-orders.ts'
import { runWorker } from '../../../src/executors/worker/run-worker.ts'

/** A worker as a process of its own, for tests that end it: `node run-test-worker.js JSON`. Its lines go to stdout. */
interface Settings {
  readonly orders: string
  readonly slot: string
  readonly args: readonly string[]
  readonly device: 'cpu' | 'cuda'
  readonly name: string
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && 'orders' in value && 'slot' in value && 'args' in value
}

const settings: unknown = JSON.parse(process.argv[2] ?? '')
if (!isSettings(settings)) throw new TypeError('the settings of a worker are needed')
const { orders, slot, args, device, name } = settings
const times = { lookMs: 20, beatMs: 300, lockMs: 1500 }
const station = await openStation(
  orders.startsWith('redis:') ? { kind: 'redis', url: orders } : { kind: 'folder', dir: orders },
  times,
)
if (!station.ok) throw new Error(station.error)
const drain = new AbortController()
process.on('SIGTERM', () => drain.abort())
await runWorker({
  station: station.value,
  pool: 'cpu',
  submitters: anySeal,
  slots: 1,
  slotCommand: { module: slot, args },
  device,
  gpus: [],
  reprise: 'test',
  name,
  drain: drain.signal,
  stop: drain.signal,
  onLine: (line) => process.stdout.write(`${line}\n`),
})
