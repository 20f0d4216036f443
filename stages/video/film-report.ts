import type { Violation } from 'reprise'
import * as z from 'zod/mini'
import { schema, type ValueOf } from '../schema/schema.ts'

/** When each scene, and each piece of speech, begins and ends in the film. */
export const FilmTiming = schema(() =>
  z.object({
    durationS: z.number(),
    fps: z.number(),
    scenes: z.array(
      z.object({
        title: z.optional(z.string()),
        startS: z.number(),
        endS: z.number(),
        frames: z.int(),
        pieces: z.array(z.object({ text: z.string(), startS: z.number(), endS: z.number() })),
      }),
    ),
  }),
)

/** What is under the voice: how many LU the music is below it where somebody speaks, and how often it begins anew. */
const musicMeasures = () => z.object({ underLu: z.number(), loops: z.int() })
export const MusicMeasures = schema(musicMeasures)

/** How loud the film is; null for silence. */
export function loudnessMeasures() {
  return z.object({
    targetLufs: z.number(),
    integratedLufs: z.nullable(z.number()),
    truePeakDb: z.nullable(z.number()),
    limited: z.boolean(),
  })
}

/** What was measured of a finished film. */
export const FilmReport = schema(() =>
  z.object({
    durationS: z.number(),
    reportedS: z.number(),
    frameS: z.number(),
    loudness: loudnessMeasures(),
    /** For each scene: sound minus picture at its start, in milliseconds. Null where nothing is said. */
    syncMs: z.array(z.nullable(z.number())),
    worstSyncMs: z.number(),
    captions: z.int(),
    chapters: z.int(),
    music: z.optional(musicMeasures()),
  }),
)

export type FilmReport = ValueOf<typeof FilmReport>
export type FilmTiming = ValueOf<typeof FilmTiming>

const mostSyncMs = 15
const loudnessToleranceLu = 0.2

/** Returns what is wrong with a film: what it is held to is part of no key. */
export function filmViolations(
  report: FilmReport,
  params: { readonly loudnessLufs: number; readonly truePeakDb: number },
): readonly Violation[] {
  const violations: Violation[] = []
  if (report.worstSyncMs > mostSyncMs) {
    violations.push({
      message: 'sound and picture are apart at the start of a scene',
      expected: `at most ${mostSyncMs} ms`,
      found: `${report.worstSyncMs.toFixed(1)} ms`,
    })
  }
  const { integratedLufs, truePeakDb, limited } = report.loudness
  // Where the peaks are limited, the report says so: it may be less loud.
  if (integratedLufs !== null && !limited && Math.abs(integratedLufs - params.loudnessLufs) > loudnessToleranceLu) {
    violations.push({
      message: 'the film is not as loud as asked',
      expected: `${params.loudnessLufs} LUFS, give or take ${loudnessToleranceLu} LU`,
      found: `${integratedLufs} LUFS`,
    })
  }
  if (truePeakDb !== null && truePeakDb > params.truePeakDb + 0.05) {
    violations.push({
      message: 'its peaks are too high',
      expected: `${params.truePeakDb} dBTP`,
      found: `${truePeakDb} dBTP`,
    })
  }
  if (Math.abs(report.durationS - report.reportedS) > report.frameS + 0.001) {
    violations.push({
      message: 'the film is not as long as its timing report says',
      expected: `${report.reportedS.toFixed(3)} s`,
      found: `${report.durationS.toFixed(3)} s`,
    })
  }
  return violations
}
