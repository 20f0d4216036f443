import { type ChildProcess, fork } from 'node:child_process'
import { runMarker } from '../../engine/process/process.ts'
import { Watchdog } from '../../engine/process/watchdog.ts'
import { errorMessage } from '../../engine/system/error-message.ts'
import { randomName } from '../../engine/system/random-name.ts'
import type { Order, OrderAnswer, OrderReport } from '../contract/order.ts'
import { type FromSlot, fromSlotOf, type ToSlot } from './slot-messages.ts'

/** The program of a slot: a module for Node, and its arguments. It calls `serveSlot`. */
export interface SlotCommand {
  readonly module: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export type SlotFacts = Pick<Extract<FromSlot, { readonly kind: 'ready' }>, 'tools' | 'sources' | 'pipelines'>

interface Running {
  readonly onReport: (report: OrderReport) => void
  readonly onAnswer: (answer: OrderAnswer) => void
}

interface SlotChild {
  readonly process: ChildProcess
  /** How it ended. */
  readonly ended: Promise<string>
  readonly ready: Promise<SlotFacts>
  orders: number
}

/** What a cancelled execution may take beyond its grace before its process is killed. */
const beyondGraceMs = 5000

/**
 * The process that executes the orders of one slot, apart from the process that tells the engine that the worker is alive:
 * a stage that blocks its event loop, or ends its process, harms its own order alone. When this process dies, a watchdog
 * kills that one, whose own watchdog kills its programs.
 */
export class SlotProcess {
  readonly #command: SlotCommand
  readonly #mark = `slot-${process.pid}-${randomName(8)}`
  readonly #watchdog = new Watchdog(runMarker, this.#mark, '')
  #child: SlotChild | undefined
  #running: Running | undefined

  constructor(command: SlotCommand) {
    this.#command = command
  }

  /** Starts the process where it does not run; rejects with an error for people where it cannot be used. */
  start(): Promise<SlotFacts> {
    this.#child ??= this.#fork()
    return this.#child.ready
  }

  /** Performs one order at a time. */
  async perform(
    order: Order,
    gpus: readonly string[],
    { onReport, signal }: { readonly onReport: (report: OrderReport) => void; readonly signal: AbortSignal },
  ): Promise<OrderAnswer> {
    try {
      await this.start()
    } catch (error) {
      return { kind: 'crashed', message: errorMessage(error) }
    }
    const child = this.#child
    if (child === undefined) return { kind: 'crashed', message: 'its process ended before it began' }
    child.orders += 1
    let timer: NodeJS.Timeout | undefined
    const cancel = () => {
      this.#post({ kind: 'cancel' })
      timer = setTimeout(() => child.process.kill('SIGKILL'), order.request.limits.killGraceMs + beyondGraceMs)
    }
    try {
      return await new Promise<OrderAnswer>((onAnswer) => {
        this.#running = { onReport, onAnswer }
        this.#post({ kind: 'perform', order, gpus })
        signal.addEventListener('abort', cancel, { once: true })
        if (signal.aborted) cancel()
        void child.ended.then((how) => onAnswer({ kind: 'crashed', message: `the process that executed it ${how}` }))
      })
    } finally {
      this.#running = undefined
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    }
  }

  /**
   * Ends a process that has performed orders before this one, so that the next has the code as it is now. Returns whether
   * there was one.
   */
  async renew(): Promise<boolean> {
    if ((this.#child?.orders ?? 0) <= 1) return false
    await this.#endChild()
    return true
  }

  /** Lets the process end what it runs, and waits for it. */
  async end(): Promise<void> {
    await this.#endChild()
    await this.#watchdog.end()
  }

  async #endChild(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    if (child.process.connected) child.process.disconnect()
    await child.ended
  }

  #fork(): SlotChild {
    const { module, args, env } = this.#command
    this.#watchdog.start()
    const child = fork(module, args, {
      detached: true,
      env: { ...process.env, ...env, [runMarker]: this.#mark },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    if (child.pid !== undefined) this.#watchdog.report(`+${child.pid}`)
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`cannot be started: ${errorMessage(error)}`))
      child.once('exit', (code, signal) => {
        if (child.pid !== undefined) this.#watchdog.report(`-${child.pid}`)
        resolve(signal === null ? `ended with code ${code}` : `was killed by ${signal}`)
      })
    })
    const ready = new Promise<SlotFacts>((resolve, reject) => {
      child.on('message', (text) => {
        const message = fromSlotOf(text)
        if (message === undefined) return
        if (message.kind === 'ready') resolve(message)
        else if (message.kind === 'unusable') reject(new Error(message.message))
        else if (message.kind === 'report') this.#running?.onReport(message.report)
        else this.#running?.onAnswer(message.answer)
      })
      void ended.then((how) => reject(new Error(`the process of a slot ${how}`)))
    })
    const started: SlotChild = { process: child, ended, ready, orders: 0 }
    ready.catch(() => {})
    void ended.then(() => {
      if (this.#child === started) this.#child = undefined
    })
    return started
  }

  #post(message: ToSlot): void {
    const child = this.#child?.process
    // One that has just ended cannot be reached; its end is told apart.
    if (child?.connected === true) child.send(JSON.stringify(message), () => {})
  }
}
