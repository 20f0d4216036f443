import { execFile } from 'node:child_process'
import { err, ok, type Result } from '../../../store/index.ts'

/** A command of a batch system that says nothing for so long hangs on a controller that is away. */
const patienceMs = 60_000
const outputMax = 64 * 1024 * 1024

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** Runs a command of a batch system, and returns what it printed, or the last of what it complained of. */
export function runCommand(
  command: string,
  args: readonly string[],
  { input = '', env, cwd }: CommandOptions = {},
): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const options = {
      timeout: patienceMs,
      maxBuffer: outputMax,
      ...(env === undefined ? {} : { env: { ...env } }),
      ...(cwd === undefined ? {} : { cwd }),
    }
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve(ok(stdout))
      const said = stderr.trim().split('\n').slice(-3).join(' ').slice(-500)
      const why = error.code === 'ENOENT' ? 'it is not installed here' : said === '' ? error.message : said
      resolve(err(`${command}: ${why}`))
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
