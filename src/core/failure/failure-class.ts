import type { Failure } from './failure.ts'

export type FailureKind = Failure['kind']

/**
 * What a failure is about: the stage's own work (`audio` and `video` where it says so), what it was given or made
 * (`validation`), or what it stands on: the job, the store, the disk, the tools (`state`).
 */
export type FailureClass = 'stage' | 'audio' | 'video' | 'validation' | 'state'

/** Returns the class of a failure. */
export function failureClassOf(failure: Failure): FailureClass {
  switch (failure.kind) {
    case 'stage-failed':
      return failure.about ?? 'stage'
    case 'stage-exited':
    case 'stage-threw':
    case 'timed-out':
    case 'device-out-of-memory':
      return 'stage'
    case 'invalid':
    case 'input-missing':
    case 'input-invalid':
    case 'output-missing':
    case 'output-empty':
    case 'output-invalid':
    case 'contract-violated':
      return 'validation'
    case 'input-changed':
    case 'upstream-unavailable':
    case 'not-deterministic':
    case 'cache-miss':
    case 'tool-missing':
    case 'service-unavailable':
    case 'worker-lost':
    case 'worker-differs':
    case 'workers-unavailable':
    case 'job-unusable':
    case 'disk-full':
    case 'store':
      return 'state'
    default:
      return failure satisfies never
  }
}
