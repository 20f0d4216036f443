import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { Analysis } from '../song/analysis.ts'
import { Profile } from './show-plan.ts'

/** Says what a song is like, as a whole. */
export const profile = defineStage({
  name: 'profile',
  version: 1,
  description: 'Says what the song is like as a whole: mood, pace, energy, dynamics, brightness',
  inputs: { analysis: json(Analysis) },
  params: schema(() => z.object({})),
  outputs: { profile: json(Profile) },
  run: ({ inputs }) => ({ profile: profileOf(inputs.analysis) }),
})

/** A tempo of at least so many beats a minute is fast, and of less than the other slow. */
const [fastBpm, slowBpm] = [124, 88]

/** Returns what a song is like. */
export function profileOf({ tempo, key, energy, onsets, durationS }: Analysis): Profile {
  const sorted = energy.values.toSorted((one, other) => one - other)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
  const mean = energy.values.reduce((sum, value) => sum + value, 0) / Math.max(1, energy.values.length)
  const all = onsets.low.length + onsets.mid.length + onsets.high.length
  const brightness = all === 0 ? 0 : (onsets.high.length + onsets.mid.length / 2) / all
  const pace = tempo.bpm === 0 ? 'none' : tempo.bpm >= fastBpm ? 'fast' : tempo.bpm < slowBpm ? 'slow' : 'medium'
  const busy = all / Math.max(1, durationS)
  const isLively = pace === 'fast' && busy > 4
  const isMinor = key?.mode === 'minor'
  const mood = isLively
    ? isMinor
      ? 'driving'
      : 'bright'
    : pace === 'slow' || busy < 2
      ? isMinor
        ? 'dark'
        : 'calm'
      : isMinor
        ? 'driving'
        : 'warm'
  return { mood, pace, energy: short(mean), dynamics: short(at(0.95) - at(0.1)), brightness: short(brightness) }
}

function short(value: number): number {
  return Math.round(value * 1000) / 1000
}
