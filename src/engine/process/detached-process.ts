import { send } from './process-tree.ts'
import { SpawnError } from './program.ts'

interface DetachedOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** An open file, for both outputs. */
  readonly outputFile: number
}

/** A program that was started to outlive the one that started it. */
export interface DetachedProcess {
  readonly pid: number
  /** Resolves with the first message of the program, or with how it ended without one. */
  readonly firstWord: Promise<
    | { readonly kind: 'message'; readonly message: unknown }
    | { readonly kind: 'ended'; readonly exitCode: number | null }
  >
  terminate(): void
  /** Lets go of the program, which keeps running. */
  release(): void
}

/**
 * Starts a program in a session of its own, without a terminal, with its output in an open file.
 * Rejects with `SpawnError` when it cannot be started.
 */
export function spawnDetached({ command, args, cwd, env, outputFile }: DetachedOptions): Promise<DetachedProcess> {
  const child = process.getBuiltinModule('node:child_process').spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', outputFile, outputFile, 'ipc'],
  })
  const firstWord = new Promise<Awaited<DetachedProcess['firstWord']>>((resolve) => {
    child.once('message', (message: unknown) => resolve({ kind: 'message', message }))
    // A message may still arrive after the program has ended, before the channel closes.
    const exited = new Promise<number | null>((ended) => child.once('exit', ended))
    child.once('disconnect', () => void exited.then((exitCode) => resolve({ kind: 'ended', exitCode })))
  })
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(new SpawnError(command, error.code ?? 'unknown')))
    child.once('spawn', () => {
      const { pid } = child
      if (pid === undefined) return
      resolve({
        pid,
        firstWord,
        terminate: () => void send(pid, 'SIGTERM'),
        release: () => {
          if (child.connected) child.disconnect()
          child.unref()
        },
      })
    })
  })
}

/** Starts a program whose end and output nobody waits for; one that is not there is no failure. */
export function spawnQuietly(command: string, args: readonly string[]): void {
  const child = process.getBuiltinModule('node:child_process').spawn(command, args, { detached: true, stdio: 'ignore' })
  child.once('error', () => {})
  child.unref()
}
