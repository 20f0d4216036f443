import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { wavFile } from '../../stages/media/wav.ts'

/** A cue of the truth, in seconds. */
export interface TrueCue {
  readonly startS: number
  readonly endS: number
  readonly text: string
}

export interface Talk {
  readonly path: string
  readonly lengthS: number
  readonly cues: readonly TrueCue[]
}

const rateHz = 16_000

/** Returns numbers from 0 to 1 that look random and are the same each time (Park and Miller 1988). */
export function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Returns a recording as samples. */
export function samplesOf(path: string): Int16Array {
  const args = ['-nostdin', '-v', 'error', '-i', `file:${path}`, '-ac', '1', '-ar', String(rateHz), '-f', 's16le', '-']
  const bytes = execFileSync('ffmpeg', args, { maxBuffer: 1 << 28 })
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

/** Returns where a recording can be heard: from where it is first as loud as speech to where it is last. */
function audible(samples: Int16Array): Int16Array {
  const window = 160
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const loud: number[] = []
  for (let at = 0; at + window <= samples.length; at += window) {
    const part = samples.subarray(at, at + window)
    if (Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / window) > loudest / 20) loud.push(at)
  }
  return samples.subarray(loud[0] ?? 0, (loud.at(-1) ?? samples.length) + window)
}

/** Returns sound as loud as all others, as whoever cuts a film makes it. */
function atOneLevel(samples: Int16Array): Int16Array {
  const rms = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / Math.max(1, samples.length))
  return samples.map((value) => Math.max(-32_768, Math.min(32_767, (value * 2500) / Math.max(1, rms))))
}

export interface TalkRequest {
  readonly recordings: readonly { readonly path: string; readonly text: string }[]
  readonly output: string
  readonly lengthS: number
  readonly seed: number
  /** How loud the noise is that is heard throughout, from 0 to 1. */
  readonly noise?: number
}

/** Joins recordings with pauses into a talk, and tells when each part of it is said. */
export function makeTalk({ recordings, output, lengthS, seed, noise = 0.001 }: TalkRequest): Talk {
  const random = randomFrom(seed)
  const sounds = recordings.map(({ path, text }) => ({ samples: atOneLevel(audible(samplesOf(path))), text }))
  const talk = new Int16Array(Math.ceil((lengthS + 30) * rateHz))
  for (let at = 0; at < talk.length; at += 1) talk[at] = Math.round((random() - 0.5) * 65_536 * noise)
  const cues: TrueCue[] = []
  let atS = 2 + 3 * random()
  while (atS < lengthS) {
    const sound = sounds[Math.floor(random() * sounds.length)]
    if (sound === undefined) break
    const from = Math.round(atS * rateHz)
    for (let at = 0; at < sound.samples.length && from + at < talk.length; at += 1)
      talk[from + at] = (talk[from + at] ?? 0) + (sound.samples[at] ?? 0)
    const endS = atS + sound.samples.length / rateHz
    cues.push(...cuesOf(sound.text, atS, endS))
    // Mostly a breath, at times a longer pause, as between scenes.
    atS = endS + (random() < 0.8 ? 0.3 + 1.2 * random() : 2 + 8 * random())
  }
  const end = Math.ceil(((cues.at(-1)?.endS ?? 0) + 2) * rateHz)
  writeFileSync(output, wavFile({ sampleRateHz: rateHz, samples: talk.subarray(0, end) }))
  return { path: output, lengthS: end / rateHz, cues }
}

/** Splits what is said into cues of up to some four seconds. */
function cuesOf(text: string, startS: number, endS: number): readonly TrueCue[] {
  const count = Math.max(1, Math.ceil((endS - startS) / 4))
  const words = text.trim().split(/\s+/)
  return Array.from({ length: count }, (_, at) => ({
    startS: startS + ((endS - startS) * at) / count,
    endS: startS + ((endS - startS) * (at + 1)) / count,
    text: words.slice(Math.floor((words.length * at) / count), Math.floor((words.length * (at + 1)) / count)).join(' '),
  })).filter((cue) => cue.text !== '')
}

/** How the cues of a file differ from when they are said: as people time them. */
export interface Habit {
  /** How far a cue begins before or after its words, at most. */
  readonly jitterS: number
  /** How long a cue stays after its words, at most, where there is room. */
  readonly lingerS: number
  readonly seed: number
}

/** Returns cues as people time them. */
export function habitual(cues: readonly TrueCue[], { jitterS, lingerS, seed }: Habit): readonly TrueCue[] {
  const random = randomFrom(seed)
  return cues.map((cue, index) => {
    const startS = cue.startS + (2 * random() - 1) * jitterS
    const next = cues[index + 1]?.startS ?? Number.POSITIVE_INFINITY
    const endS = Math.min(next - 0.08, cue.endS + random() * lingerS)
    return { ...cue, startS, endS: Math.max(startS + 0.3, endS) }
  })
}
