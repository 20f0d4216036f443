import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'

/**
 * Starts a worker thread for a digest pool. The built package has its module beside this one; from source that is
 * TypeScript, which needs jiti.
 *
 * Files which the thread has open stay open when it is ended: its partner may be writing to one of them, and another
 * file that is opened meanwhile must not get that number.
 */
export function startDigestThread(): Worker {
  // Most runs hash nothing, and the module takes a millisecond or two to load.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const options = { trackUnmanagedFds: false }
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./digest-worker.js', import.meta.url), options)
  const jiti = dirname(createRequire(import.meta.url).resolve('jiti/package.json'))
  const register = pathToFileURL(join(jiti, 'lib', 'jiti-register.mjs')).href
  const execArgv = ['--import', register]
  return new Worker(new URL('./digest-worker.ts', import.meta.url), { ...options, execArgv })
}
