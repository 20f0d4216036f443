import { anySeal } from '../../../src/executors/contract/sealed-order.ts'
import { openStation } from '../../../src/executors/open-orders.ts'
import { runWorker } from '../../../src/executors/worker/run-worker.ts'

/**
 * A worker as a process of its own, for tests that end it: `node run-test-worker.js JSON`. Its lines go to stdout. As a job of
 * a batch system it gets the flags of `reprise worker`, too.
 */
interface Settings {
  readonly orders: string
  readonly slot: string
  readonly args: readonly string[]
  readonly device: 'cpu' | 'cuda'
  readonly name: string
  readonly pool?: string
  readonly gpus?: readonly string[]
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && 'orders' in value && 'slot' in value && 'args' in value
}

const settings: unknown = JSON.parse(process.argv[2] ?? '')
if (!isSettings(settings)) throw new TypeError('the settings of a worker are needed')
const flags = new Map(process.argv.slice(4).map((word, at, words) => [word, words[at + 1] ?? '']))
const { orders, slot, args, device } = settings
const name = flags.get('--name') ?? settings.name
const isJob = process.env.REPRISE_WORKER_JOB !== undefined
const millis = (flag: string) => Number.parseInt(flags.get(flag) ?? '', 10)
const times = { lookMs: 20, beatMs: 300, lockMs: 1500 }
const station = await openStation(
  orders.startsWith('redis:') ? { kind: 'redis', url: orders } : { kind: 'folder', dir: orders },
  times,
)
if (!station.ok) throw new Error(station.error)
const drain = new AbortController()
process.on('SIGTERM', () => drain.abort())
if (flags.has('--for')) setTimeout(() => drain.abort(), millis('--for')).unref()
await runWorker({
  station: station.value,
  pool: flags.get('--pool') ?? settings.pool ?? 'cpu',
  submitters: anySeal,
  slots: 1,
  slotCommand: { module: slot, args },
  device,
  gpus: settings.gpus ?? [],
  ...(flags.has('--idle') ? { idleMs: millis('--idle') } : {}),
  ...(flags.has('--once') ? { orders: 1 } : {}),
  reprise: 'test',
  name,
  drain: drain.signal,
  stop: isJob ? new AbortController().signal : drain.signal,
  isJob,
  onLine: (line) => process.stdout.write(`${line}\n`),
})
