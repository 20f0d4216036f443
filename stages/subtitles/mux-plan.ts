import { join } from 'node:path'
import { changesMidway } from '../media/changes-midway.ts'
import { beginsAlike, type FirstFrames, firstFrames } from '../media/first-frames.ts'
import { keptList, mapArgs } from '../media/kept-streams.ts'
import { anyExitCode, ffmpeg, fileUrl, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'
import type { Media, MediaStream } from '../tools/ffprobe.ts'

export const containers = ['mp4', 'mkv'] as const
export type Container = (typeof containers)[number]

/** What becomes of the film's streams in one container. */
export interface MuxPlan {
  readonly container: Container
  /** The picture first. */
  readonly streams: readonly PlannedStream[]
  /** Covers, subtitles and data, and what can neither be copied nor decoded. */
  readonly leftOut: readonly MediaStream[]
}

export interface PlannedStream {
  readonly stream: MediaStream
  readonly isEncoded: boolean
}

export interface PlanRequest {
  readonly film: string
  readonly media: Media
  /** The codecs that ffmpeg decodes. */
  readonly decodable: ReadonlySet<string>
}

/** Codecs that mp4 holds and players find there. What Matroska holds, nearly everything, its players find, too. */
const mp4Codecs = [
  ...['h264', 'hevc', 'av1', 'vp9', 'mpeg4', 'mpeg2video', 'mpeg1video', 'mjpeg', 'vc1'],
  ...['aac', 'mp3', 'mp2', 'ac3', 'eac3', 'dts', 'opus', 'vorbis', 'alac'],
]

/** Returns ffmpeg's name of a container's format. */
export function formatOf(container: Container): string {
  return container === 'mp4' ? 'mp4' : 'matroska'
}

/** Returns the arguments that copied HEVC needs: Apple's players know it in mp4 only under this name. */
export function tagArgs(container: Container, streams: readonly MediaStream[]): string[] {
  return container === 'mp4' && streams.some(({ codec }) => codec === 'hevc') ? ['-tag:v', 'hvc1'] : []
}

/**
 * Returns what becomes of the film in each container: whatever begins there as it does in the film is copied, and the rest
 * is encoded. The first frames tell whether a container holds a codec, its rotation and its edit list.
 */
export async function muxPlans(host: ToolHost, request: PlanRequest): Promise<Readonly<Record<Container, MuxPlan>>> {
  const { film, media } = request
  const streams = keptList(media)
  const indexes = streams.map(({ index }) => index)
  const original = await firstFrames(host, film, indexes, join(host.tempDir, 'first-frames.txt'))
  const changing = await changesMidway(host, film, media)
  const steady = streams.filter(({ index }) => !changing.has(index))
  const planOf = async (container: Container): Promise<MuxPlan> => {
    const fitting = container === 'mkv' ? steady : steady.filter(({ codec }) => mp4Codecs.includes(codec))
    const copied = await copyable({ host, film, container, original }, fitting)
    const isKept = ({ index, codec }: MediaStream) => copied.has(index) || request.decodable.has(codec)
    return {
      container,
      streams: streams.filter(isKept).map((stream) => ({ stream, isEncoded: !copied.has(stream.index) })),
      leftOut: media.streams.filter((stream) => !streams.includes(stream) || !isKept(stream)),
    }
  }
  return { mp4: await planOf('mp4'), mkv: await planOf('mkv') }
}

/** Returns the plan that copies nothing which can be encoded. */
export function encodingAll(plan: MuxPlan, decodable: ReadonlySet<string>): MuxPlan {
  const streams = plan.streams.map(({ stream }) => ({ stream, isEncoded: decodable.has(stream.codec) }))
  return { ...plan, streams }
}

interface Trial {
  readonly host: ToolHost
  readonly film: string
  readonly container: Container
  /** The first frames of the film's streams, by index. */
  readonly original: ReadonlyMap<number, FirstFrames>
}

/** Returns ffmpeg's arguments that copy the first packets of some streams. */
export function trialArgs(
  film: string,
  container: Container,
  streams: readonly MediaStream[],
  output: string,
): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-y', '-fflags', '+genpts'],
    ...inputArgs(film),
    ...[...mapArgs(streams), '-c', 'copy', ...tagArgs(container, streams)],
    ...['-frames:v', '60', '-frames:a', '60', '-f', formatOf(container), fileUrl(output)],
  ]
}

async function copyable(trial: Trial, streams: readonly MediaStream[]): Promise<ReadonlySet<number>> {
  if (streams.length === 0) return new Set()
  const { host, film, container, original } = trial
  const output = join(host.tempDir, `trial.${container}`)
  const args = trialArgs(film, container, streams, output)
  const { exitCode } = await host.exec(ffmpeg, args, { okExitCodes: anyExitCode })
  if (exitCode !== 0) {
    if (streams.length === 1) return new Set()
    const each: number[] = []
    for (const stream of streams) each.push(...(await copyable(trial, [stream])))
    return new Set(each)
  }
  const positions = streams.map((_, position) => position)
  const made = await firstFrames(host, output, positions, join(host.tempDir, 'trial-frames.txt'))
  const alike = streams.filter(({ index }, position) => beginsAlike(made.get(position), original.get(index)))
  return new Set(alike.map(({ index }) => index))
}
