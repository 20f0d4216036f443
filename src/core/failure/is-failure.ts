import type { Failure } from './failure.ts'
import { isRecord } from './json-value.ts'

/** What every failure of a kind has. */
const fields: Readonly<Record<Failure['kind'], readonly string[]>> = {
  invalid: ['problems'],
  'stage-exited': ['step', 'tool', 'exitCode', 'signal', 'stderrTail'],
  'stage-failed': ['step', 'message'],
  'stage-threw': ['step', 'message', 'stack'],
  'timed-out': ['timeoutMs'],
  'device-out-of-memory': ['step', 'device', 'message'],
  'output-missing': ['step', 'output', 'path'],
  'output-empty': ['step', 'output', 'path'],
  'output-invalid': ['step', 'output', 'message'],
  'contract-violated': ['step', 'contract', 'violations'],
  'input-missing': ['input', 'path'],
  'input-invalid': ['step', 'input', 'message'],
  'input-changed': ['step', 'path'],
  'upstream-unavailable': ['step'],
  'not-deterministic': ['step', 'differences'],
  'cache-miss': ['step', 'reasons'],
  'tool-missing': ['tool', 'what', 'install'],
  'service-unavailable': ['step', 'service', 'message'],
  'worker-lost': ['step', 'workers'],
  'worker-differs': ['step', 'worker', 'differences'],
  'workers-unavailable': ['step', 'pool', 'message'],
  'job-unusable': ['dir', 'reason'],
  'disk-full': ['step', 'path'],
  store: ['failure', 'message'],
}

const lists = ['problems', 'violations', 'differences', 'reasons', 'workers']
const numbers = ['timeoutMs', 'exitCode']

/** Checks that a value from outside is a failure that can be described. */
export function isFailure(value: unknown): value is Failure {
  if (!isRecord(value) || typeof value.kind !== 'string' || !Object.hasOwn(fields, value.kind)) return false
  const needed = Object.entries(fields).find(([kind]) => kind === value.kind)?.[1] ?? []
  return needed.every((name) => {
    const field = value[name]
    if (lists.includes(name)) return Array.isArray(field)
    if (numbers.includes(name)) return field === null || typeof field === 'number'
    if (name === 'failure') return isRecord(field)
    return typeof field === 'string' || (name === 'signal' && field === null)
  })
}
