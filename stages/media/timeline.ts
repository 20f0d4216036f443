import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { anyExitCode, ffmpeg, fileUrl, globalArgs, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'
import type { MediaStream } from '../tools/ffprobe.ts'
import { mapArgs } from './kept-streams.ts'

/** When a stream's packets are, in seconds on the film's own time line; times that jump are mended, as in a copy of it. */
export interface StreamSpan {
  readonly startS: number
  /** When the last packet starts: how long it lasts is told differently by each container. */
  readonly lastS: number
  readonly endS: number
}

/**
 * Returns the arguments of one of ffmpeg's outputs: the times of all packets of these streams. They are what a copy of the
 * film has, whatever its container declares, guesses or leaves open.
 */
export function timelineOutputArgs(streams: readonly MediaStream[], path: string): string[] {
  return [...mapArgs(streams), '-c', 'copy', '-f', 'framecrc', fileUrl(path)]
}

/** Returns the spans of the streams that `timelineOutputArgs` named, in their order; undefined for one without packets. */
export async function readTimeline(path: string): Promise<readonly (StreamSpan | undefined)[]> {
  const secondsPerTick: number[] = []
  const spans: (StreamSpan | undefined)[] = []
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [, stream, over, under] = /^#tb (\d+): (\d+)\/(\d+)/.exec(line) ?? []
    if (stream !== undefined) {
      secondsPerTick[Number(stream)] = Number(over) / Number(under)
      spans[Number(stream)] = undefined
      continue
    }
    const [position = 0, dts = 0, pts = 0, duration = 0] = line.split(',', 4).map(Number)
    const tick = secondsPerTick[position]
    const time = isTime(pts) ? pts : dts
    if (line.startsWith('#') || tick === undefined || !isTime(time)) continue
    const [startS, endS] = [time * tick, (time + Math.max(0, duration)) * tick]
    const span = spans[position]
    spans[position] = {
      startS: Math.min(span?.startS ?? startS, startS),
      lastS: Math.max(span?.lastS ?? startS, startS),
      endS: Math.max(span?.endS ?? endS, endS),
    }
  }
  return spans
}

/** Returns the spans of a file's streams; `scratch` is a file to write. */
export async function timelineOf(
  host: Pick<ToolHost, 'exec'>,
  path: string,
  streams: readonly MediaStream[],
  scratch: string,
  clock: readonly string[] = [],
): Promise<readonly (StreamSpan | undefined)[]> {
  if (streams.length === 0) return []
  // There, too, where ffmpeg does not come to writing it.
  await writeFile(scratch, '')
  const args = [...globalArgs(), ...clock, ...inputArgs(path), ...timelineOutputArgs(streams, scratch)]
  await host.exec(ffmpeg, args, { onStdoutLine: () => {}, okExitCodes: anyExitCode })
  return await readTimeline(scratch)
}

/** Returns when the last stream ends; 0 where there is no packet at all. */
export function timelineEndS(spans: readonly (StreamSpan | undefined)[]): number {
  return spans.reduce((endS, span) => Math.max(endS, span?.endS ?? 0), 0)
}

/** ffmpeg writes a packet without a time as the lowest number of 64 bits. */
function isTime(ticks: number): boolean {
  return Number.isFinite(ticks) && ticks > -9e18
}
