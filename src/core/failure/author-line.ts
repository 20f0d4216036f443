import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result } from '../../../store/index.ts'

const isBuilt = !import.meta.url.endsWith('.ts')
const root = join(import.meta.dirname, '..', '..', '..')
/** Where the runner's own code lies. */
const ownDirs = isBuilt ? [`${import.meta.dirname}/`] : [`${root}/src/`, `${root}/store/`]

const framePattern = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()\n]+:\d+):\d+\)?$/gm

/** Returns the innermost line of the user's own code on a stack, as `/path/of/file.ts:12`; undefined where none is on it. */
export function authorLine(stack: string): string | undefined {
  for (const [, place = ''] of stack.matchAll(framePattern)) {
    const line = place.startsWith('file:') ? fileURLToPath(place) : place
    if (!line.includes('/node_modules/') && !ownDirs.some((dir) => line.startsWith(dir))) return line
  }
  return undefined
}

/** Returns what the code of an author gives, or what it threw and where. */
export function unlessItThrows<Value>(call: () => Value): Result<Value, string> {
  try {
    return { ok: true, value: call() }
  } catch (error) {
    const line = error instanceof Error ? authorLine(error.stack ?? '') : undefined
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, error: `threw an exception: ${message}${line === undefined ? '' : ` (${line})`}` }
  }
}
