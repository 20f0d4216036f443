import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, vi } from 'vitest'

const script = resolve(import.meta.dirname, '../../scripts/services.sh')
const runFile = promisify(execFile)

export interface Service {
  readonly port: number
  /** Its folder: `data` holds what it stores. */
  readonly dir: string
}

/** Slurm with three nodes on loopback. Its commands find it by `SLURM_CONF`, which is set for the tests of the file. */
export interface Slurm {
  /** Ends its controller, or starts it again, while its nodes go on. */
  controller(what: 'stop' | 'start'): Promise<void>
}

/** Starts Slurm for the tests of a file; fails where it is not installed. */
export function startSlurm(): Slurm {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-slurm-'))
  beforeAll(async () => {
    const { stdout } = await runFile(script, ['start', 'slurm', dir])
    vi.stubEnv('SLURM_CONF', stdout.trim())
  }, 60_000)
  afterAll(async () => {
    await runFile(script, ['stop', dir])
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }, 30_000)
  return { controller: async (what) => void (await runFile(script, ['controller', dir, what])) }
}

/** Starts a real server on loopback for the tests of a file; fails where it cannot be installed. */
export function startService(name: 'nginx' | 'seaweedfs' | 'buildgrid'): () => Service {
  const dir = mkdtempSync(join(tmpdir(), `reprise-${name}-`))
  let port = 0
  // The first start on a machine may download the program.
  beforeAll(async () => {
    const { stdout } = await runFile(script, ['start', name, dir])
    port = Number(stdout)
  }, 300_000)
  afterAll(async () => {
    await runFile(script, ['stop', dir])
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }, 30_000)
  return () => ({ port, dir })
}
