import { tmpdir } from 'node:os'
import type { CacheStore, LocalStore } from '../../../store/index.ts'
import type { Device } from '../../core/index.ts'
import { ProcessSupervisor } from '../../engine/process/process.ts'
import { errorStack } from '../../engine/system/error-message.ts'
import { removeTree } from '../../engine/system/remove-tree.ts'
import type { Order } from '../contract/order.ts'
import { makeScratchDirectory } from '../transfer/scratch-directory.ts'
import { OrderPerformer, type PerformerParts } from './order-performer.ts'
import { type FromSlot, toSlotOf } from './slot-messages.ts'

export interface SlotParts extends Pick<PerformerParts, 'find'> {
  readonly store: LocalStore
  readonly cache: CacheStore
  readonly device: Device
  /** What the worker tells of itself, found out by the process that knows the pipelines. */
  readonly facts: Pick<Extract<FromSlot, { readonly kind: 'ready' }>, 'tools' | 'sources' | 'pipelines'>
  /** Where files of orders lie while they are performed; by default the system's directory for temporary files. */
  readonly workDir?: string
}

/**
 * Performs the orders that the worker sends to this process, one at a time, until the worker disconnects: then whatever
 * runs is ended. Resolves when everything that was started has ended.
 */
export async function serveSlot({ workDir = tmpdir(), facts, ...parts }: SlotParts): Promise<void> {
  const scratch = makeScratchDirectory('reprise-worker-', workDir)
  const supervisor = new ProcessSupervisor(`worker-${process.pid}`)
  const performer = new OrderPerformer({
    ...parts,
    supervisor,
    scratch,
    warn: (message) => post({ kind: 'report', report: { kind: 'warning', line: message } }),
  })
  let running: AbortController | undefined
  let performing: Promise<void> = Promise.resolve()

  async function perform(order: Order, gpus: readonly string[], { signal }: AbortController): Promise<void> {
    try {
      const onReport = (report: Extract<FromSlot, { kind: 'report' }>['report']) => post({ kind: 'report', report })
      post({ kind: 'answer', answer: await performer.perform(order, { gpus, onReport, signal }) })
    } catch (error) {
      post({ kind: 'answer', answer: { kind: 'crashed', message: errorStack(error) } })
    }
  }

  await new Promise<void>((resolve) => {
    process.on('message', (text) => {
      const message = toSlotOf(text)
      if (message.kind === 'cancel') {
        running?.abort(new Error('cancelled'))
        return
      }
      running = new AbortController()
      performing = perform(message.order, message.gpus, running)
    })
    process.once('disconnect', resolve)
    // A terminal's Ctrl-C reaches this process, too: the worker decides what becomes of the order.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
    post({ kind: 'ready', ...facts })
  })
  running?.abort(new Error('the worker has ended'))
  await performing
  await supervisor.end()
  await performer.close()
  removeTree(scratch)
}

function post(message: FromSlot): void {
  if (process.connected) process.send?.(JSON.stringify(message))
}
