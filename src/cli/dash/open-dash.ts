import packageJson from '../../../package.json' with { type: 'json' }
import type { Result } from '../../../store/index.ts'
import type { CliContext, Output } from '../command-line/cli-context.ts'
import { displayPath } from '../command-line/display-path.ts'
import { writeError } from '../command-line/error-line.ts'
import { browserProgram } from './browser.ts'

export interface DashOrder {
  readonly store: string
  /** As it was named on the command line, where it was. */
  readonly storeFlag?: string | undefined
  readonly port?: number | undefined
  readonly host?: string | undefined
  /** Whether to open a browser, where there is one. */
  readonly opens: boolean
  /** The job that the address opens. */
  readonly jobDir?: string
  /** Where the address is written to; a run has its events on standard output. */
  readonly output?: Output
}

/** Starts a dashboard, says where it is, and opens it in a browser. */
export async function openDash(
  { store, storeFlag, port, host, opens, jobDir, output }: DashOrder,
  context: CliContext,
): Promise<Result<{ close(): Promise<void> }, string>> {
  const { cwd, env } = context
  const { startDash, writeDashFile } = await import('../../dash/index.ts')
  const started = await startDash({
    storeDir: store,
    root: cwd,
    version: packageJson.version,
    program: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    env,
    ...(storeFlag === undefined ? {} : { storeFlag }),
    scriptDir: import.meta.dirname,
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    showPath: (path) => displayPath(path, cwd),
    onBug: (error) =>
      writeError(context, 'dash', `bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  })
  if (!started.ok) return started
  const { value: dash } = started
  const file = { host: host ?? '127.0.0.1', port: dash.port, token: dash.token, pid: process.pid }
  const removeFile = writeDashFile(store, file, env)
  ;(output ?? context.stdout).write(`dashboard: ${dash.address(jobDir)}\n`)
  if (host !== undefined)
    writeError(context, 'dash', `it listens on ${host}: whoever can read that network can read what it shows`)
  const program = opens ? browserProgram(context) : undefined
  if (program !== undefined) await openBrowser(program, dash.address(jobDir))
  return {
    ok: true,
    value: {
      close: async () => {
        removeFile()
        await dash.close()
      },
    },
  }
}

/** Starts the program that opens the browser. Where it fails, the address is there to be clicked. */
async function openBrowser(program: string, address: string): Promise<void> {
  const { spawnQuietly } = await import('../../engine/process/detached-process.ts')
  spawnQuietly(program, [address])
}
