import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contract, InputDeclarations, Violation } from 'reprise'
import { type CueLimits, checkCueFile } from '../cues/check-cues.ts'

const noLimits: CueLimits = { durationMs: Number.POSITIVE_INFINITY, maxLineChars: Number.POSITIVE_INFINITY }

/**
 * Returns the contract that the cues of an output are in order, do not overlap, and are not empty. The output is an SRT
 * or VTT
 * file, or a directory with SRT and VTT files.
 */
export function cuesInOrder<Output extends string>(
  output: Output,
): Contract<InputDeclarations, object, Readonly<Record<Output, string>>> {
  return {
    name: `the cues of ${output}`,
    async check({ outputs }) {
      const path: string = outputs[output]
      const violations: Violation[] = []
      for (const file of await cueFiles(path)) {
        for (const message of await checkCueFile(join(path, file), noLimits)) {
          violations.push({ message: file === '' ? message : `${file}: ${message}` })
        }
      }
      return violations
    },
  }
}

async function cueFiles(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return ['']
  return (await readdir(path, { recursive: true })).filter((name) => /\.(?:srt|vtt)$/i.test(name)).sort()
}
