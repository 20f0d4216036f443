import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessSupervisor } from '../../engine/process/process.ts'
import { type ProcessExit, SpawnError } from '../../engine/process/program.ts'
import { asDiskError, SourceError } from '../registry/model-failure.ts'
import { unfinishedDir } from '../registry/models-home.ts'

/** What is fetched, and how far it is. */
export interface FetchProgress {
  /** Says what is done next, in words. */
  onStep(text: string): void
  onBytes(done: { readonly bytesDone: number; readonly bytesTotal: number; readonly bytesResumed?: number }): void
}

/** What every source needs to fetch files. */
export interface Fetching {
  /** The directory of models. */
  readonly home: string
  readonly supervisor: ProcessSupervisor
  readonly env: Readonly<Record<string, string | undefined>>
  readonly progress: FetchProgress
  readonly signal: AbortSignal | undefined
}

/** Returns where a file of that SHA-256 is kept until the installation that it is for is complete. */
export function verifiedPath({ home }: Pick<Fetching, 'home'>, sha256: string): string {
  return join(unfinishedDir(home), sha256)
}

/** Returns whether the files of these digests are there already. */
export function areVerified(fetching: Pick<Fetching, 'home'>, digests: readonly string[]): boolean {
  return digests.every((sha256) => existsSync(verifiedPath(fetching, sha256)))
}

/** Makes an empty directory, whose name says which process uses it. */
export function scratchDir(home: string): Promise<string> {
  return mkdtemp(join(unfinishedDir(home), `scratch-${process.pid}-`))
}

/** Removes the directories that killed installations have left. */
export async function removeAbandoned(home: string): Promise<void> {
  for (const name of await readdir(unfinishedDir(home))) {
    const pid = /^scratch-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    await rm(join(unfinishedDir(home), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Calls a function with an empty directory, and removes the directory afterwards. */
export async function inScratch<T>({ home }: Pick<Fetching, 'home'>, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await scratchDir(home)
  try {
    return await work(dir)
  } catch (error) {
    throw asDiskError(error, dir) ?? error
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const lookEveryMs = 200

/** Runs a program that downloads into `dir`, and tells how much is there. */
export async function runDownload(
  { supervisor, env, progress, signal }: Fetching,
  { command, args, dir, bytesTotal, env: more }: Download,
): Promise<ProcessExit> {
  const look = setInterval(() => {
    if (bytesTotal === 0) return
    void sizeOf(dir).then((bytesDone) => progress.onBytes({ bytesDone: Math.min(bytesDone, bytesTotal), bytesTotal }))
  }, lookEveryMs)
  try {
    const given = Object.entries({ ...env, ...more, TMPDIR: dir }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    const exit = await supervisor.run({
      command,
      args,
      cwd: dir,
      env: Object.fromEntries(given),
      ...(signal && { signal }),
    })
    signal?.throwIfAborted()
    if (/No space left on device|ENOSPC/.test(exit.stderrTail)) {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    }
    return exit
  } finally {
    clearInterval(look)
  }
}

export interface Download {
  readonly command: string
  readonly args: readonly string[]
  readonly dir: string
  readonly bytesTotal: number
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program, and fails the source where the program fails or is missing. */
export async function download(fetching: Fetching, request: Download): Promise<void> {
  const { command } = request
  const exit = await runDownload(fetching, request).catch((error: unknown) => {
    throw error instanceof SpawnError ? new SourceError(`the program ${command} is not installed`) : error
  })
  if (exit.exitCode === 0) return
  throw new SourceError(`${command} failed: ${lastLines(exit.stderrTail)}`)
}

function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('npm notice'))
  return lines.slice(-3).join(' ').slice(-400) || 'it said nothing'
}

async function sizeOf(dir: string): Promise<number> {
  try {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  } catch {
    // What is being written is renamed and removed meanwhile.
    return 0
  }
}
