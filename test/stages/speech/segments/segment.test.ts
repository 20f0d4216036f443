import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testStage } from '../../../../src/index.ts'
import { wavFile } from '../../../../stages/media/wav.ts'
import { segment } from '../../../../stages/subtitles/segments/segment.ts'
import { temporaryDirectory } from '../../../rig/workbench.ts'

const rateHz = 16_000

/** Returns numbers from -1 to 1 that look random and are the same each time. */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state / 2 ** 31
  }
}

interface Talk {
  readonly samples: Int16Array
  /** Where somebody speaks, in samples. */
  readonly words: readonly (readonly [from: number, to: number])[]
}

/** Makes something that is as loud as speech at times, with pauses between words and longer ones between sentences. */
function talkOf(seconds: number, seed: number): Talk {
  const random = noise(seed)
  const chance = () => Math.abs(random())
  const samples = Int16Array.from({ length: seconds * rateHz }, () => 20 * random())
  const words: (readonly [number, number])[] = []
  let at = Math.round(0.5 * rateHz)
  while (at < samples.length - rateHz) {
    const to = Math.min(samples.length, at + Math.round((0.2 + 0.4 * chance()) * rateHz))
    for (let index = at; index < to; index += 1) samples[index] = Math.round(8000 * random())
    words.push([at, to])
    at = to + Math.round((chance() < 0.15 ? 0.7 + chance() : 0.08 + 0.1 * chance()) * rateHz)
  }
  return { samples, words }
}

async function cut(samples: Int16Array) {
  const dir = temporaryDirectory()
  const audio = join(dir, 'talk.wav')
  writeFileSync(audio, wavFile({ sampleRateHz: rateHz, samples }))
  const { outputs, failure } = await testStage(segment, { inputs: { audio }, params: { detector: 'level' } })
  if (outputs === undefined) throw new Error(JSON.stringify(failure))
  const files = readdirSync(outputs.segments).sort()
  const digests = files.map((name) =>
    createHash('sha256')
      .update(readFileSync(join(outputs.segments, name)))
      .digest('hex'),
  )
  const lengths = files.map((name) => (readFileSync(join(outputs.segments, name)).length - 44) / 2 / rateHz)
  return { places: outputs.places, files, digests, lengths }
}

const talk = talkOf(120, 7)
let cutTalk: ReturnType<typeof cut> | undefined
const made = () => {
  cutTalk ??= cut(talk.samples)
  return cutTalk
}

describe('segments', () => {
  it('are as long as can be heard at once, and cut no word', async () => {
    const { places, files, lengths } = await made()
    expect(files).toEqual(places.map(({ file }) => file))
    expect(files.length).toBeGreaterThanOrEqual(5)
    for (const length of lengths) expect(length).toBeLessThanOrEqual(30)
    const inside = (cutS: number) => talk.words.filter(([from, to]) => from / rateHz < cutS && cutS < to / rateHz)
    for (const { toS } of places.slice(0, -1)) expect(inside(toS)).toEqual([])
    for (const [from, to] of talk.words) {
      const has = places.filter(({ startS }, index) => {
        const endS = startS + (lengths[index] ?? 0)
        return startS <= from / rateHz && to / rateHz <= endS
      })
      expect(has.length).toBeGreaterThanOrEqual(1)
    }
  })

  it('stay as they are where the sound does, whatever is changed elsewhere', async () => {
    const { digests } = await made()
    const known = new Set(digests)
    const fiveS = 5 * rateHz
    const counts: number[] = []
    for (const at of [20, 61, 97].map((seconds) => seconds * rateHz)) {
      const other = talkOf(5, at).samples
      const edited = talk.samples.slice()
      edited.set(other, at)
      const changed = (await cut(edited)).digests.filter((digest) => !known.has(digest))
      expect(changed.length).toBeGreaterThan(0)
      expect(changed.length).toBeLessThanOrEqual(3)
      counts.push(changed.length)
      // What comes after is later, or earlier, and else the same.
      const longer = Int16Array.from([...talk.samples.subarray(0, at), ...other, ...talk.samples.subarray(at)])
      const shorter = Int16Array.from([...talk.samples.subarray(0, at), ...talk.samples.subarray(at + fiveS + 77)])
      for (const moved of at === 61 * rateHz ? [longer, shorter] : []) {
        const after = (await cut(moved)).digests
        expect(after.filter((digest) => !known.has(digest)).length).toBeLessThanOrEqual(5)
      }
    }
    expect(counts.reduce((sum, count) => sum + count) / counts.length).toBeLessThanOrEqual(2)
  })

  it('are one for a short recording: the file itself', async () => {
    const { samples } = talkOf(28, 3)
    const { places, files, digests } = await cut(samples)
    expect(files).toEqual(['whole.wav'])
    expect(places).toEqual([{ file: 'whole.wav', startS: 0, fromS: 0, toS: 28 }])
    const bytes = wavFile({ sampleRateHz: rateHz, samples })
    expect(digests).toEqual([createHash('sha256').update(bytes).digest('hex')])
  })

  it('are none where nobody speaks', async () => {
    expect((await cut(new Int16Array(60 * rateHz))).places).toEqual([])
  })

  it('overlap where nobody pauses', async () => {
    const random = noise(5)
    const samples = Int16Array.from({ length: 70 * rateHz }, () => 8000 * random())
    const { places, lengths } = await cut(samples)
    expect(places.length).toBeGreaterThan(1)
    for (const [index, { startS, toS }] of places.slice(0, -1).entries()) {
      expect(startS + (lengths[index] ?? 0)).toBeGreaterThan(toS + 0.5)
      expect(places[index + 1]?.startS).toBeLessThan(toS - 0.5)
    }
  })
})
