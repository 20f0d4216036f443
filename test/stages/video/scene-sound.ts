import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wavFile } from '../../../stages/media/wav.ts'

const rateHz = 48_000

/** A scene of some seconds: a tone that rises, so that it fits itself at one place only, after a third of a second. */
export function scene(dir: string, name: string, { lengthS = 2, level = 6000, peak = 1 } = {}) {
  const from = 0.35 * rateHz
  const samples = Int16Array.from({ length: lengthS * rateHz }, (_, at) => {
    const second = (at - from) / rateHz
    if (second < 0 || second > lengthS - 0.6) return 0
    const isPeak = at % 4800 < 20
    return (isPeak ? level * peak : level) * Math.sin(2 * Math.PI * (300 + 400 * second) * second)
  })
  const path = join(dir, `${name}.wav`)
  writeFileSync(path, wavFile({ sampleRateHz: rateHz, samples }))
  const timing = { durationS: lengthS, pieces: [{ text: name, startS: 0.35, endS: lengthS - 0.25 }] }
  return { path, timing }
}
