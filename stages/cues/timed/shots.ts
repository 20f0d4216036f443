import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'
import type { Cue, CueRules } from '../cues.ts'

/** Where the shots of a film change, and how long a frame is, in seconds. */
export const Shots = schema(() => z.object({ frameS: z.number(), atS: z.array(z.number()) }))
export type Shots = ValueOf<typeof Shots>

/** How many frames a cue ends before a change of shot. */
export const framesBeforeShot = 2

/** What a cue and a change of shot are to each other, in frames; half a second is near. */
interface Near {
  readonly shotMs: number
  /** How many frames after the change the cue begins or ends; before it, below 0. */
  readonly frames: number
}

/** Times in files are whole milliseconds: a frame's time is told to the half of one. */
function framesBetween(ms: number, shotMs: number, frameMs: number): number {
  return Math.round((ms - shotMs) / frameMs)
}

/** Returns the change of shot that is nearest to a time, if it is less than half a second away. */
export function nearShot(ms: number, { frameS, atS }: Shots): Near | undefined {
  const half = halfSecond(frameS)
  let [low, high] = [0, atS.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((atS[middle] ?? 0) * 1000 < ms) low = middle + 1
    else high = middle
  }
  let near: Near | undefined
  for (const shotS of atS.slice(Math.max(0, low - 1), low + 1)) {
    const shotMs = shotS * 1000
    const frames = framesBetween(ms, shotMs, frameS * 1000)
    if (Math.abs(frames) < half && (near === undefined || Math.abs(frames) < Math.abs(near.frames)))
      near = { shotMs, frames }
  }
  return near
}

function halfSecond(frameS: number): number {
  return Math.round(0.5 / frameS)
}

/**
 * Moves cues to the changes of shot that they are near, as Netflix's guide to timing has it: a cue that begins less than
 * half a second after a change, or a little before it, begins with it; one that begins earlier before it keeps half a second;
 * one that ends less than half a second around it ends two frames before it. Nothing is moved that would then be too short
 * to be seen, or run into the next cue.
 */
export function snapToShots(cues: readonly Cue[], shots: Shots, { minCueS, cueGapS }: CueRules): readonly Cue[] {
  const leastMs = Math.min(500, minCueS * 1000)
  const gapMs = cueGapS * 1000
  const snapped = cues.map((cue) => ({ ...cue }))
  for (const [index, cue] of snapped.entries()) {
    const startMs = startAtShot(cue.startMs, shots)
    const before = snapped[index - 1]
    const isFree = before === undefined || startMs - gapMs - before.startMs >= leastMs
    if (startMs !== cue.startMs && cue.endMs - startMs >= leastMs && isFree) {
      cue.startMs = startMs
      if (before !== undefined && before.endMs > startMs - gapMs) before.endMs = Math.floor(startMs - gapMs)
    }
  }
  for (const [index, cue] of snapped.entries()) {
    const endMs = endAtShot(cue.endMs, shots)
    const next = snapped[index + 1]
    const isFree = next === undefined || endMs <= next.startMs - gapMs || endMs < cue.endMs
    if (endMs !== cue.endMs && endMs - cue.startMs >= leastMs && isFree) cue.endMs = endMs
  }
  return snapped
}

function startAtShot(startMs: number, shots: Shots): number {
  const near = nearShot(startMs, shots)
  if (near === undefined || near.frames === 0) return startMs
  const half = halfSecond(shots.frameS)
  if (near.frames > 0 || -near.frames < Math.round(0.75 * half)) return Math.round(near.shotMs)
  return Math.max(0, Math.round(near.shotMs - half * shots.frameS * 1000))
}

function endAtShot(endMs: number, shots: Shots): number {
  const near = nearShot(endMs, shots)
  return near === undefined ? endMs : Math.floor(near.shotMs - framesBeforeShot * shots.frameS * 1000)
}

/** Returns how a cue is not as changes of shot want it: what begins and ends near one, and not with it. */
export function shotProblems(
  cue: Cue,
  shots: Shots,
): readonly { readonly side: 'begins' | 'ends'; readonly near: Near }[] {
  const found: { side: 'begins' | 'ends'; near: Near }[] = []
  const start = nearShot(cue.startMs, shots)
  if (start !== undefined && start.frames !== 0) found.push({ side: 'begins', near: start })
  const end = nearShot(cue.endMs, shots)
  if (end !== undefined && Math.abs(end.frames + framesBeforeShot) > 1) found.push({ side: 'ends', near: end })
  return found
}

/** Returns the change of shot that a cue begins with, or ends before. */
export function shotOf(cue: Cue, side: 'begins' | 'ends', shots: Shots): number | undefined {
  const near = nearShot(side === 'begins' ? cue.startMs : cue.endMs, shots)
  const wanted = side === 'begins' ? 0 : -framesBeforeShot
  return near !== undefined && Math.abs(near.frames - wanted) <= (side === 'begins' ? 0 : 1) ? near.shotMs : undefined
}
