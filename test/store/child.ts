import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { programPath } from '../rig/program.ts'
import { afterTest } from './fixtures.ts'

/** Another process that runs one of the programs in `scripts/`. */
export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** Returns the next line that the program prints. */
  line(): Promise<string>
  /** Resolves when the process has ended, to its exit code or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>
}

/** Starts a program of `scripts/`; it is killed after the test if it is still there. */
export function startScript(name: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [programPath(name), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error('the process cannot be started')
  const end = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code))
  })
  afterTest(async () => {
    child.kill('SIGKILL')
    await end
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    pid,
    async line() {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`${name} ended without another line`)
      return value
    },
    ended: () => end,
  }
}

/** Sends a line to a program and resolves when it is written. */
export async function tell({ process: child }: Child, line: string): Promise<void> {
  if (child.stdin?.write(`${line}\n`) === false) await once(child.stdin, 'drain')
}
