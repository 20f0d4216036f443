import { Worker } from 'node:worker_threads'
import { programPath } from './program.ts'

/** Stands for `store/hashing/start-digest-thread.ts` in tests: from TypeScript, a thread needs a second of loading. */
export function startDigestThread(): Worker {
  return new Worker(programPath('digest-worker'), { trackUnmanagedFds: false })
}
