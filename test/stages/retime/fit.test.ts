import { describe, expect, it } from 'vitest'
import { type Fit, fitCues } from '../../../stages/retime/fit/fit.ts'
import { frameS } from '../../../stages/speech/whisper/speech-presence.ts'
import { cuesFor, phrases, presenceOf, randomFrom, type Spoken } from './truth.ts'

const lengthS = 660
const spoken = phrases(lengthS)
const probabilities = presenceOf(spoken, lengthS)
const right = cuesFor(spoken)

interface Case {
  readonly film?: readonly number[]
  readonly words?: (index: number) => readonly string[]
  readonly heard?: readonly { word: string; atS: number }[]
}

/** Returns what is spoken in a film of 400 s whose scenes, of 100 s each, are of quick talk and of little, in turn. */
function scenes(seed: number): readonly Spoken[] {
  const random = randomFrom(seed * 7919)
  random()
  const spoken: Spoken[] = []
  for (let atS = 2; atS < 390; ) {
    const endS = atS + 0.4 + 8 * random() ** 2
    spoken.push({ startS: atS, endS })
    atS = endS + (endS % 200 < 100 ? 0.1 + 0.6 * random() : 2 + 14 * random())
  }
  return spoken
}

function fitOf(cues: readonly Spoken[], { film = probabilities, words = () => [], heard = [] }: Case = {}): Fit {
  return fitCues({
    cues: cues.map((cue, index) => ({ ...cue, words: words(index) })),
    probabilities: film,
    frameS,
    lagS: 0,
    heard,
    maxOffsetS: 600,
  })
}

const moved = (cues: readonly Spoken[], move: (atS: number) => number) =>
  cues.map(({ startS, endS }) => ({ startS: move(startS), endS: move(endS) }))

/** Returns how many of the cues are within 120 ms of the truth, from 0 to 1; undefined there is what must be left out. */
function within({ ratio, pieces }: Fit, cues: readonly Spoken[], truth: readonly (number | undefined)[]): number {
  const placed = new Map(
    pieces.flatMap(({ offsetS, cues: members }) =>
      members.map((index) => [index, (cues[index]?.startS ?? 0) * ratio.value + offsetS] as const),
    ),
  )
  const good = truth.filter((startS, index) => {
    const at = placed.get(index)
    return startS === undefined || at === undefined ? startS === at : Math.abs(at - startS) <= 0.12
  })
  return good.length / truth.length
}

const starts = spoken.map(({ startS }) => startS)

describe('fitting cues', () => {
  it('leaves cues that are right', () => {
    expect(fitOf(right)).toMatchObject({ verdict: 'right', pieces: [{ offsetS: 0 }], leftOut: [] })
  })

  it.each([37.2, -2.9, 0.3, 412])('moves cues back that are off by %d s', (offsetS) => {
    const cues = moved(right, (atS) => atS + offsetS)
    const found = fitOf(cues)
    expect(found).toMatchObject({ verdict: 'fitted', ratio: { value: 1 }, leftOut: [] })
    expect(found.pieces).toHaveLength(1)
    expect(within(found, cues, starts)).toBeGreaterThanOrEqual(0.95)
    expect(found.after.nats).toBeGreaterThan(found.before.nats)
  })

  it.each([
    [25, 24_000 / 1001],
    [24_000 / 1001, 25],
    [24, 25],
    [24_000 / 1001, 24],
  ])('finds that a film of %d frames a second was played at %d', (rate, played) => {
    const cues = moved(right, (atS) => (atS * rate) / played + 4)
    const found = fitOf(cues)
    expect(found.ratio.value).toBeCloseTo(played / rate, 6)
    expect(within(found, cues, starts)).toBeGreaterThanOrEqual(0.95)
  })

  it('takes no file for right that is of another film, though its cues lie over talk by chance; and each that is of the film', () => {
    const verdicts = (cues: readonly Spoken[], film: readonly Spoken[], seed: number) =>
      fitCues({
        cues: cues.map((cue) => ({ ...cue, words: [] })),
        probabilities: presenceOf(film, 400, seed),
        frameS,
        lagS: 0,
        heard: [],
        maxOffsetS: 2,
      }).verdict
    for (let seed = 1; seed <= 24; seed += 1) {
      expect(verdicts(cuesFor(scenes(seed + 100)), scenes(seed), seed)).toBe('unclear')
      expect(verdicts(cuesFor(scenes(seed)), scenes(seed), seed)).toBe('right')
    }
  })

  it('finds a speed of no known cause', () => {
    const cues = moved(right, (atS) => atS * 1.0137 - 3)
    const found = fitOf(cues)
    expect(found.ratio.value).toBeCloseTo(1 / 1.0137, 3)
    expect(within(found, cues, starts)).toBeGreaterThanOrEqual(0.95)
  })

  it('finds three minutes that the film lacks, and leaves their cues out', () => {
    const film = probabilities.filter((_, index) => index * frameS < 240 || index * frameS >= 420)
    const truth = spoken.map(({ startS, endS }) => (endS < 240 ? startS : startS >= 420 ? startS - 180 : undefined))
    const found = fitOf(right, { film })
    expect(found.pieces).toHaveLength(2)
    expect(within(found, right, truth)).toBeGreaterThanOrEqual(0.95)
  })

  it('finds three minutes that the file lacks', () => {
    const cues = right.filter(({ startS }) => startS < 240 || startS >= 420)
    const shorter = cues.map(({ startS, endS }) =>
      startS < 240 ? { startS, endS } : { startS: startS - 180, endS: endS - 180 },
    )
    const truth = starts.filter((_, index) => (right[index]?.startS ?? 0) < 240 || (right[index]?.startS ?? 0) >= 420)
    expect(within(fitOf(shorter), shorter, truth)).toBeGreaterThanOrEqual(0.95)
  })

  it.each([11, 12, 13, 14])('leaves subtitles of another film (%d)', (seed) => {
    const found = fitOf(cuesFor(phrases(lengthS, seed)))
    expect(found).toMatchObject({ verdict: 'unclear', ratio: { value: 1 }, pieces: [{ offsetS: 0 }], leftOut: [] })
  })

  it.each([7, 10, 14])('leaves %d long subtitles of another film, which any quick talk would explain', (count) => {
    for (const seed of [2, 3, 5]) {
      const random = randomFrom(count * 104_729 + seed)
      const film = presenceOf(scenes(seed), 400, seed)
      for (let other = 0; other < 6; other += 1) {
        let atS = 30 * random()
        const cues = Array.from({ length: count }, () => {
          const [startS, endS] = [atS, atS + 4 + 9 * random()]
          atS = endS + (random() < 0.4 ? 0.08 : 0.3 + 4 * random())
          return { startS, endS }
        })
        expect(fitOf(cues, { film }).verdict).not.toBe('fitted')
      }
    }
  })

  it.each([2, 3, 4])('moves the subtitles of scenes of quick talk and of silence (%d)', (seed) => {
    const cues = moved(cuesFor(scenes(seed).slice(4, 34)), (atS) => atS + 7.3)
    const found = fitOf(cues, { film: presenceOf(scenes(seed), 400, seed) })
    expect(found.verdict).toBe('fitted')
    expect(found.pieces).toEqual([expect.objectContaining({ offsetS: expect.closeTo(-7.3, 1) })])
  })

  it('leaves what silence and noise say nothing of', () => {
    const random = randomFrom(5)
    const noise = Array.from(probabilities, () => random())
    expect(fitOf(right, { film: noise }).verdict).toBe('unclear')
    expect(fitOf(right, { film: noise.map(() => 0) }).verdict).toBe('unclear')
    expect(fitOf(right, { film: [] }).verdict).toBe('unclear')
    expect(fitOf([]).verdict).toBe('unclear')
  })

  it('takes no memory for cues of 999 hours', () => {
    const far = { startS: 3_599_000, endS: 3_599_002 }
    expect(fitOf([...moved(right, (atS) => atS + 8), far]).pieces[0]?.offsetS).toBeCloseTo(-8, 1)
    expect(fitOf(right.map(() => far)).verdict).toBe('unclear')
  })

  it('goes by words where voice says nothing', () => {
    const names = ['anna', 'bridge', 'castle', 'door', 'eagle', 'flute', 'garden', 'horse', 'island', 'jacket']
    const words = (index: number) => [`${names[index % 10]}`, `${names[(index * 7 + 3) % 10]}${index % 23}`]
    const heard = spoken.flatMap(({ startS, endS }, index) =>
      words(index).map((word, at) => ({ word, atS: startS + (at * (endS - startS)) / 2 })),
    )
    const cues = moved(right, (atS) => atS + 37.2)
    const always = probabilities.map(() => 1)
    expect(fitOf(cues, { film: always }).verdict).toBe('unclear')
    const found = fitOf(cues, { film: always, words, heard })
    expect(found.verdict).toBe('fitted')
    expect(found.pieces[0]?.offsetS).toBeCloseTo(-37.2, 0)
  })
})
