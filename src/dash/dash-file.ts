import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../core/index.ts'
import { ownDir, readOwn, replaceKept } from '../loading/own-cache-dir.ts'

/** Where a dashboard listens, and what opens it. */
export interface DashFile {
  readonly host: string
  readonly port: number
  readonly token: string
  readonly pid: number
}

/** Writes down where the dashboard of a store listens, readable by this user only. Returns what removes it. */
export function writeDashFile(storeDir: string, file: DashFile, env: NodeJS.ProcessEnv): () => void {
  const path = pathOf(storeDir, env)
  if (path === undefined) return () => {}
  try {
    mkdirSync(path.dir, { recursive: true, mode: 0o700 })
    chmodSync(path.dir, 0o700)
    replaceKept(path.file, Buffer.from(JSON.stringify(file)))
  } catch {
    // Without it, only `reprise dash --url` does not work.
    return () => {}
  }
  return () => {
    if (readDashFile(storeDir, env)?.token === file.token) rmSync(path.file, { force: true })
  }
}

/** Returns where the dashboard of a store listens, if one does. */
export function readDashFile(storeDir: string, env: NodeJS.ProcessEnv): DashFile | undefined {
  const path = pathOf(storeDir, env)
  if (path === undefined) return undefined
  try {
    const value: unknown = JSON.parse(readOwn(path.file).toString('utf8'))
    if (!isRecord(value)) return undefined
    const { host, port, token, pid } = value
    const isWhole =
      typeof host === 'string' && typeof port === 'number' && typeof token === 'string' && typeof pid === 'number'
    return isWhole ? { host, port, token, pid } : undefined
  } catch {
    return undefined
  }
}

/** Asks the dashboard of a store for a new address; undefined where none answers. */
export async function freshAddress({ host, port, token }: DashFile): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${host}:${port}/code`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
      redirect: 'error',
      signal: AbortSignal.timeout(2000),
    })
    const value: unknown = await answer.json()
    return isRecord(value) && typeof value.code === 'string' ? `http://${host}:${port}/#${value.code}` : undefined
  } catch {
    return undefined
  }
}

function pathOf(storeDir: string, env: NodeJS.ProcessEnv): { readonly dir: string; readonly file: string } | undefined {
  const dir = ownDir('dash', env)
  if (dir === undefined) return undefined
  return { dir, file: join(dir, `${createHash('sha256').update(storeDir).digest('hex').slice(0, 16)}.json`) }
}
