import { type ChildProcess, spawn } from 'node:child_process'
import { err, ok, type Result } from '../../../store/index.ts'

/** A command of a batch system that says nothing for so long hangs on a controller that is away. */
const defaultPatienceMs = 60_000
const outputMax = 64 * 1024 * 1024

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly patienceMs?: number
}

/** Runs a command of a batch system, and returns what it printed, or the last of what it complained of. */
export function runCommand(
  command: string,
  args: readonly string[],
  { input = '', env, cwd, patienceMs = defaultPatienceMs }: CommandOptions = {},
): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      // A group of its own, so that what a shell has started ends with it.
      detached: true,
      ...(env === undefined ? {} : { env: { ...env } }),
      ...(cwd === undefined ? {} : { cwd }),
    })
    const printed = { stdout: '', stderr: '' }
    const end = (result: Result<string, string>) => {
      clearTimeout(timer)
      resolve(result)
    }
    const giveUp = (why: string) => {
      killGroup(child)
      // A process that has left the group would hold them open.
      child.stdout.destroy()
      child.stderr.destroy()
      end(err(`${command}: ${why}`))
    }
    const timer = setTimeout(() => giveUp(`it did not end within ${patienceMs / 1000} s`), patienceMs)
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        printed[name] += text
        if (printed[name].length > outputMax) giveUp('it printed too much')
      })
    }
    child.on('error', (error: NodeJS.ErrnoException) =>
      end(err(`${command}: ${error.code === 'ENOENT' ? 'it is not installed here' : error.message}`)),
    )
    child.on('close', (code, signal) => {
      if (code === 0) return end(ok(printed.stdout))
      const said = printed.stderr.trim().split('\n').slice(-3).join(' ').slice(-500)
      end(err(`${command}: ${said === '' ? `it ended with ${signal ?? `exit code ${code}`}` : said}`))
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
