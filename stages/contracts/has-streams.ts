import type { Contract, InputDeclarations, Violation } from 'reprise'
import { ffprobe, parseProbe, probeArgs } from '../tools/ffprobe.ts'

export interface StreamCounts {
  /** Moving pictures; cover pictures do not count. */
  readonly video?: number
  readonly audio?: number
  readonly subtitle?: number
}

/**
 * Returns the contract that a media output has so many streams of each kind that is named. The stage declares `ffprobe`
 * in its tools.
 */
export function hasStreams<Output extends string>(
  output: Output,
  counts: StreamCounts,
): Contract<InputDeclarations, object, Readonly<Record<Output, string>>> {
  return {
    name: `the streams of ${output}`,
    async check({ outputs, exec }) {
      const path: string = outputs[output]
      const { stdout } = await exec(ffprobe, probeArgs(path), { okExitCodes: [0, 1] })
      const media = parseProbe(stdout)
      if (media === undefined) return [{ message: `${output} is not a media file` }]
      const violations: Violation[] = []
      for (const kind of ['video', 'audio', 'subtitle'] as const) {
        const expected = counts[kind]
        const found = media.streams.filter((stream) => stream.kind === kind && !stream.isPicture).length
        if (expected === undefined || found === expected) continue
        const message = `${output} has another number of ${kind} streams`
        violations.push({ message, expected: String(expected), found: String(found) })
      }
      return violations
    },
  }
}
