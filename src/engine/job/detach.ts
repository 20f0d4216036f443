import { closeSync, existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeDirectory } from '../../../store/index.ts'
import { type Failure, jobUnusable } from '../../core/index.ts'
import { type DetachedProcess, spawnDetached } from '../process/detached-process.ts'
import { openToAppend } from '../system/open-file.ts'
import { workDirectory } from './job-directory.ts'

/** Set in the environment of a background runner, which sends `takenMessage` to its parent. */
export const detachedVariable = 'REPRISE_DETACHED'

/** Returns the message of a background runner that has taken its job. */
export function takenMessage(run: string): { readonly taken: string } {
  return { taken: run }
}

export interface DetachRequest {
  /** Absolute. */
  readonly jobDir: string
  /** The program that runs the job, and its arguments. */
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** When aborted before the job is taken, ends the program. */
  readonly signal?: AbortSignal
}

/** How an attempt to run a job in the background ended. */
export type DetachEnd =
  /** It has the job and runs on its own. */
  | { readonly kind: 'taken'; readonly pid: number; readonly run: string; readonly logPath: string }
  /** It ended before it took the job. */
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly output: string }
  | { readonly kind: 'failed'; readonly failure: Failure }

/**
 * Runs a job in a process of its own that survives this one and its terminal, with its output in the job's `run.log`.
 * Resolves when that process has taken the job, or has ended without it; then nothing of the attempt remains.
 */
export async function detachRun(request: DetachRequest): Promise<DetachEnd> {
  const { jobDir, signal } = request
  const opened = openLog(jobDir)
  if ('failure' in opened) return { kind: 'failed', failure: opened.failure }
  let started: DetachedProcess
  try {
    started = await spawnDetached({
      ...request,
      env: { ...request.env, [detachedVariable]: '1' },
      outputFile: opened.file,
    })
  } catch (error) {
    opened.undo()
    return { kind: 'failed', failure: jobUnusable(jobDir, error) }
  } finally {
    closeSync(opened.file)
  }
  const terminate = () => started.terminate()
  if (signal?.aborted === true) terminate()
  signal?.addEventListener('abort', terminate, { once: true })
  try {
    const word = await started.firstWord
    if (word.kind === 'message') {
      return { kind: 'taken', pid: started.pid, run: takenRun(word.message), logPath: opened.path }
    }
    const output = readFileSync(opened.path).subarray(opened.sizeBytes).toString('utf8')
    opened.undo()
    return { kind: 'ended', exitCode: word.exitCode, output }
  } finally {
    signal?.removeEventListener('abort', terminate)
    started.release()
  }
}

function takenRun(message: unknown): string {
  if (typeof message === 'object' && message !== null && 'taken' in message && typeof message.taken === 'string') {
    return message.taken
  }
  throw new TypeError('a runner in the background said something unheard of')
}

interface OpenedLog {
  readonly path: string
  readonly file: number
  /** Its size before. */
  readonly sizeBytes: number
  /** Removes what was made for a run that did not start. */
  undo(): void
}

function openLog(jobDir: string): OpenedLog | { readonly failure: Failure } {
  const path = join(jobDir, 'run.log')
  try {
    const firstMade = topmostMissing(jobDir)
    makeDirectory(jobDir)
    const isNew = !existsSync(path)
    const { file, sizeBytes } = openToAppend(path)
    const undo = () => {
      if (isNew) rmSync(path, { force: true })
      if (firstMade !== undefined) removeEmpty(jobDir, firstMade)
    }
    return { path, file, sizeBytes, undo }
  } catch (error) {
    return { failure: jobUnusable(jobDir, error) }
  }
}

/** Returns the highest of `dir` and its parent directories that does not exist. */
function topmostMissing(dir: string): string | undefined {
  if (existsSync(dir)) return undefined
  return topmostMissing(dirname(dir)) ?? dir
}

/** Removes the empty directories from `dir` up to `top`. */
function removeEmpty(dir: string, top: string): void {
  try {
    if (existsSync(join(dir, workDirectory))) rmdirSync(join(dir, workDirectory))
    for (let path = dir; path.length >= top.length; path = dirname(path)) rmdirSync(path)
  } catch {
    // It is not empty any more: it stays.
  }
}
