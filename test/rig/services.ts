import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'

const script = resolve(import.meta.dirname, '../../scripts/services.sh')
const runFile = promisify(execFile)

export interface Service {
  readonly port: number
  /** Its folder: `data` holds what it stores. */
  readonly dir: string
}

/** Starts a real server on loopback for the tests of a file; fails where it cannot be installed. */
export function startService(name: 'nginx' | 'seaweedfs'): () => Service {
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
