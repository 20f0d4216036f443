import { type ChildProcess, fork } from 'node:child_process'
import { onTestFinished } from 'vitest'
import type { ExecutionEnd, ExecutionRequest, ExecutionWatch, Executor } from '../../src/engine/execute/executor.ts'
import type { ExecutorSite } from '../../src/engine/execute/executor-site.ts'
import { type Available, availableOf, jsonValueAt } from '../../src/engine/execute/inputs.ts'
import { type CacheStore, createMemoryStore, type LocalStore, stageArtifact } from '../../store/index.ts'
import { programPath } from '../rig/program.ts'
import { fetchArtifact, given, sendStaged } from './cache-transfer.ts'
import { type AskerMessage, type WorkerMessage, workerMessageOf } from './executor-messages.ts'

/** Where a process that executes requests takes the inputs from, and brings the outputs to. */
export interface ProcessExecutorOptions {
  /** The cache that both sides use, as this one has opened it. */
  readonly cache: CacheStore & Pick<LocalStore, 'dir'>
  /** A directory for files on their way. */
  readonly dir: string
  /** Given every text that goes to the other process, or comes from it. */
  readonly onText?: (text: string) => void
}

interface Asked {
  readonly watch: ExecutionWatch
  readonly onEnd: (end: ExecutionEnd) => void
  readonly onLost: (error: Error) => void
}

/**
 * Has requests executed by another process, which gets each as JSON, knows nothing else than the stages' modules and a
 * cache, and answers as JSON. The process ends with the test.
 */
export class ProcessExecutor implements Executor {
  readonly #site: ExecutorSite
  readonly #options: ProcessExecutorOptions
  readonly #child: ChildProcess
  readonly #asked = new Map<number, Asked>()
  #count = 0

  constructor(site: ExecutorSite, options: ProcessExecutorOptions) {
    this.#site = site
    this.#options = options
    this.#child = fork(programPath('execute-requests'), [options.cache.dir], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (text) => {
      options.onText?.(String(text))
      this.#onMessage(workerMessageOf(text))
    })
    const exited = new Promise<void>((resolve) => this.#child.once('exit', resolve))
    void exited.then(() => {
      for (const { onLost } of this.#asked.values()) onLost(new Error('the process that executes requests has ended'))
    })
    onTestFinished(async () => {
      if (this.#child.connected) this.#child.disconnect()
      await exited
    })
  }

  async execute(request: ExecutionRequest, watch: ExecutionWatch, signal: AbortSignal): Promise<ExecutionEnd> {
    const { cache, dir } = this.#options
    for (const input of availableOf(this.#site.places.of(request).inputs)) await this.#sendInput(input)
    this.#count += 1
    const id = this.#count
    const cancel = () => this.#post({ kind: 'cancel', id })
    if (signal.aborted) return { kind: 'cancelled' }
    signal.addEventListener('abort', cancel)
    const end = await new Promise<ExecutionEnd>((onEnd, onLost) => {
      this.#asked.set(id, { watch, onEnd, onLost })
      this.#post({ kind: 'execute', id, request })
    })
    signal.removeEventListener('abort', cancel)
    if (end.kind !== 'executed') return end
    for (const artifact of Object.values(end.outputs))
      await fetchArtifact(cache, { store: this.#site.store, dir }, artifact)
    return end
  }

  async #sendInput(available: Available): Promise<void> {
    const { artifact, path, text } = available
    if (text !== undefined) return
    const { blobs } = createMemoryStore()
    const value = artifact.kind === 'json' ? jsonValueAt(available) : undefined
    const staged =
      artifact.kind === 'json'
        ? await stageArtifact(blobs, 'json', value ?? null)
        : await stageArtifact(blobs, artifact.kind, path)
    await sendStaged(this.#options.cache, given(staged))
  }

  #post(message: AskerMessage): void {
    const text = JSON.stringify(message)
    this.#options.onText?.(text)
    this.#child.send(text)
  }

  #onMessage(message: WorkerMessage): void {
    const asked = this.#asked.get(message.id)
    if (asked === undefined) return
    const { watch, onEnd } = asked
    switch (message.kind) {
      case 'progress':
        watch.onProgress(message.fraction, message.note)
        return
      case 'log':
        watch.onLog(message.line)
        return
      case 'tool-line':
        watch.onToolLine(message.line)
        return
      case 'warning':
        watch.onWarning(message.line)
        return
      case 'end':
        this.#asked.delete(message.id)
        onEnd(message.end)
        return
      default:
        message satisfies never
    }
  }
}
