import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rulesFor } from '../../../stages/cues/profiles/profiles.ts'
import { cueFindings } from '../../../stages/cues/quality.ts'
import { snapToShots } from '../../../stages/cues/timed/shots.ts'
import { findShots, frameLengthS } from '../../../stages/shots/find-shots.ts'
import { runStage } from '../../rig/stage-context.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const rules = rulesFor('netflix', 'en', {})
/** A change of shot at 10 s, in a film of 25 frames a second, where a frame is 40 ms, and half a second 12 or 13 frames. */
const shots = { frameS: 1 / 25, atS: [10] }
const snapped = (startMs: number, endMs: number) => {
  const [cue] = snapToShots([{ startMs, endMs, lines: ['Hello'] }], shots, rules)
  return [cue?.startMs, cue?.endMs]
}

describe('snapToShots', () => {
  it.each([
    ['begins after the change', [10_200, 12_000], [10_000, 12_000]],
    ['begins a little before it', [9_800, 12_000], [10_000, 12_000]],
    ['begins earlier before it', [9_560, 12_000], [9_480, 12_000]],
    ['begins with it', [10_000, 12_000], [10_000, 12_000]],
    ['begins far from it', [9_400, 12_000], [9_400, 12_000]],
    ['ends before it', [8_000, 9_700], [8_000, 9_920]],
    ['ends after it', [8_000, 10_300], [8_000, 9_920]],
    ['ends two frames before it', [8_000, 9_920], [8_000, 9_920]],
    ['ends far from it', [8_000, 11_000], [8_000, 11_000]],
    ['would be too short', [9_800, 10_300], [9_800, 10_300]],
  ])('a cue that %s', (_, [startMs = 0, endMs = 0], times) => {
    expect(snapped(startMs, endMs)).toEqual(times)
  })

  it('ends the cue before it in time, and moves none into the next one', () => {
    const cues = [
      { startMs: 8_000, endMs: 10_100, lines: ['One'] },
      { startMs: 10_200, endMs: 12_000, lines: ['Two'] },
    ]
    const [one, two] = snapToShots(cues, shots, rules)
    expect(two?.startMs).toBe(10_000)
    expect(one?.endMs).toBe(Math.floor(10_000 - rules.cueGapS * 1000))
  })
})

describe('the check of cues against changes of shot', () => {
  it('names the change that a cue is too near to, and why it is not on it', () => {
    const cues = [{ startMs: 9_800, endMs: 10_300, lines: ['Hello'] }]
    const found = cueFindings(cues, rules, 20_000, shots).filter(({ rule }) => rule === 'shot change')
    expect(found.map(({ message }) => message)).toEqual([
      'it begins 5 frames before the shot change at 10.00 s',
      'it ends 8 frames after the shot change at 10.00 s',
    ])
    expect(found[0]?.why).toBe('between the shot change and its other end are 0.30 s')
    expect(cueFindings(cues, rules, 20_000).filter(({ rule }) => rule === 'shot change')).toEqual([])
  })

  it('names the change that makes a cue too short', () => {
    const cues = [{ startMs: 9_300, endMs: 9_920, lines: ['Hi'] }]
    const [found] = cueFindings(cues, rules, 20_000, shots)
    expect(found).toMatchObject({ rule: 'too short', why: 'it ends before the shot change at 10.00 s' })
  })
})

describe('the step shots', () => {
  it('finds the changes to the frame, in a clip as well, and how long a frame is', async () => {
    const dir = temporaryDirectory()
    const video = join(dir, 'film.mp4')
    const scenes = ['testsrc2=s=160x90:r=25:d=1.2', 'color=c=navy:s=160x90:r=25:d=2', 'smptebars=s=160x90:r=25:d=1']
    execFileSync('ffmpeg', [
      ...['-v', 'error', ...scenes.flatMap((scene) => ['-f', 'lavfi', '-i', scene])],
      ...['-filter_complex', '[0][1][2]concat=n=3', '-c:v', 'libx264', '-preset', 'ultrafast', video],
    ])
    const { values } = await runStage(findShots, { inputs: { video }, dir })
    expect(values.shots).toEqual({ frameS: 0.04, atS: [1.2, 3.2] })
    const clip = await runStage(findShots, { inputs: { video }, params: { clipStartS: 2 }, dir })
    expect(clip.values.shots).toEqual({ frameS: 0.04, atS: [1.2] })
  })

  it('knows frame rates as ffprobe prints them', () => {
    expect(frameLengthS('24000/1001\n')).toBeCloseTo(1001 / 24_000)
    expect(frameLengthS('0/0\n')).toBe(0.04)
    expect(frameLengthS('90000/1\n')).toBe(0.04)
  })
})
