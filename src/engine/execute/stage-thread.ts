import { createRequire } from 'node:module'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import type { StageContext } from '../../core/index.ts'
import { ownCacheDir } from '../../loading/own-cache-dir.ts'
import { baseEnvironment, presentIn } from '../key/environment.ts'
import { eachLine } from '../process/process-output.ts'
import { cutLine } from '../system/cut-line.ts'
import type { Execution } from './execution.ts'
import { threadScript } from './thread-script.ts'

/** What a thread needs of the execution that it is for. */
export interface ThreadSite extends Pick<StageContext<never, never, never>, 'log' | 'fail'> {
  readonly execution: Execution
  /** Aborted when the step has ended. */
  readonly settled: AbortSignal
}

interface ThreadCall {
  /** The URL of the module whose default export is called. */
  readonly module: string
  readonly argument: unknown
  /** The environment that it sees. */
  readonly env: Readonly<Record<string, string>>
  /** When aborted, the thread is ended wherever it is. */
  readonly signal: AbortSignal
  readonly onProgress: (fraction: number, note?: string) => void
  readonly onLog: (line: string) => void
  /** Fails the step as the stage says. */
  readonly fail: (message: string) => never
}

/** What a thread says: see `thread-script.ts`. */
type ThreadMessage =
  | { readonly kind: 'progress'; readonly fraction: number; readonly note?: string }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'refused' | 'failed'; readonly message: string; readonly stack: string }

/** Calls one of a stage's threads, as `inThread` says. */
export async function runThread(
  { execution, settled, log, fail }: ThreadSite,
  name: string,
  argument: unknown,
): Promise<unknown> {
  const { request, stage, signal, watch } = execution
  const module = stage.threads?.[name]
  if (module === undefined)
    throw new TypeError(`the stage '${stage.name}' calls '${name}', which it does not declare in its threads`)
  return callInThread({
    module: module.href,
    argument,
    env: { ...baseEnvironment(), ...presentIn(request.action.env ?? {}) },
    signal: AbortSignal.any([signal, settled]),
    onProgress: (fraction, note) => watch.onProgress(fraction, note),
    onLog: log,
    fail,
  })
}

/**
 * Calls a module's default export in a thread of its own, which is gone when the promise settles. Rejects with what the
 * module throws, with the signal's reason, or when the argument or the value cannot be copied.
 */
async function callInThread(call: ThreadCall): Promise<unknown> {
  const { module, argument, env, signal, onLog } = call
  signal.throwIfAborted()
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const worker = new Worker(threadScript, {
    eval: true,
    env,
    stdout: true,
    stderr: true,
    workerData: { module, argument, loader: loaderFor(module) },
  })
  for (const output of [worker.stdout, worker.stderr])
    eachLine(output, { onFinalLine: (...line) => onLog(cutLine(...line)) })
  const over = new AbortController()
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal })
      worker.on('message', (message: ThreadMessage) => {
        try {
          if (message.kind === 'done') resolve(message.value)
          else onMessage(message, call)
        } catch (error) {
          reject(error)
        }
      })
      worker.once('error', reject)
      worker.once('exit', () => reject(new Error(`the thread of ${module} ended without an answer`)))
    })
  } finally {
    over.abort()
    await worker.terminate()
    // Its last messages may still arrive.
    await Promise.all([finished(worker.stdout), finished(worker.stderr)])
  }
}

/** Passes on the messages of a thread; throws the failure that ends it. */
function onMessage(message: Exclude<ThreadMessage, { kind: 'done' }>, { onProgress, onLog, fail }: ThreadCall): void {
  switch (message.kind) {
    case 'progress':
      onProgress(message.fraction, message.note)
      return
    case 'log':
      onLog(message.line)
      return
    case 'refused':
      fail(message.message)
      return
    case 'failed':
      throw Object.assign(new Error(message.message), { stack: message.stack })
    default:
      message satisfies never
  }
}

/**
 * What a thread imports a module of TypeScript with: the loader of configs or, without a build, what that is made of.
 */
interface ThreadLoader {
  readonly path: string
  readonly kind: 'typescript-loader' | 'jiti'
  readonly keptIn: string | undefined
}

const isBuilt = !import.meta.url.endsWith('.ts')

function loaderFor(module: string): ThreadLoader | undefined {
  if (!/\.[cm]?tsx?$/.test(module)) return undefined
  const keptIn = ownCacheDir('configs', process.env)
  return isBuilt
    ? { path: join(import.meta.dirname, 'typescript-loader.cjs'), kind: 'typescript-loader', keptIn }
    : { path: createRequire(import.meta.url).resolve('jiti'), kind: 'jiti', keptIn }
}
