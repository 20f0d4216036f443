import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse, isCount, isObject } from '../contract/json-guards.ts'
import { errorCode, valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { livenessOf, ownIdentity, type ProcessIdentity } from '../disk/process-identity.ts'

const retryMs = 50

/**
 * Runs `body` while no other process rebuilds the index of this store: leases are of no use for it, because they are
 * taken under the index's write lock. The file says who holds it, so that one left by a dead process is simply removed.
 */
export async function whileRebuilding<T>(layout: Layout, body: () => T): Promise<T> {
  const path = join(layout.dir, 'REBUILDING')
  while (!take(path)) {
    const holder = readHolder(path)
    if (holder === undefined || livenessOf(holder) === 'dead') valueOr(undefined, () => unlinkSync(path))
    else await delay(retryMs)
  }
  try {
    return body()
  } finally {
    valueOr(undefined, () => unlinkSync(path))
  }
}

function take(path: string): boolean {
  try {
    const fd = openSync(path, 'wx', 0o600)
    writeSync(fd, JSON.stringify(ownIdentity()))
    closeSync(fd)
    return true
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    return false
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  return parseIdentity(valueOr(undefined, () => guardedParse(readFileSync(path, 'utf8'))))
}

function parseIdentity(value: JsonValue | undefined): ProcessIdentity | undefined {
  if (!isObject(value)) return undefined
  const { pid, startedAt, bootId, pidNamespace } = value
  if (!isCount(pid) || typeof startedAt !== 'string') return undefined
  if (typeof bootId !== 'string' || typeof pidNamespace !== 'string') return undefined
  return { pid, startedAt, bootId, pidNamespace }
}
