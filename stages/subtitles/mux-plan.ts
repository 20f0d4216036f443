import { join } from 'node:path'
import { changesMidway } from '../media/changes-midway.ts'
import { beginsAlike, type FirstFrames, firstFrames } from '../media/first-frames.ts'
import { keptList, mapArgs } from '../media/kept-streams.ts'
import { anyExitCode, ffmpeg, fileUrl, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'
import { type Media, type MediaStream, probed } from '../tools/ffprobe.ts'

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
  const scratch = join(host.tempDir, 'first-frames.txt')
  const [original = new Map<number, FirstFrames>()] = await firstFrames(host, [
    { path: film, streams: indexes, scratch },
  ])
  const changing = await changesMidway(host, film, media)
  const steady = streams.filter(({ index }) => !changing.has(index))
  const copied = await copyable({ host, film, original }, [
    { container: 'mp4', streams: steady.filter(({ codec }) => mp4Codecs.includes(codec)) },
    { container: 'mkv', streams: steady },
  ])
  const planOf = (container: Container): MuxPlan => {
    const indexes = new Set(copied.flatMap((one) => (one.container === container ? [one.index] : [])))
    const isKept = ({ index, codec }: MediaStream) => indexes.has(index) || request.decodable.has(codec)
    return {
      container,
      streams: streams.filter(isKept).map((stream) => ({ stream, isEncoded: !indexes.has(stream.index) })),
      leftOut: media.streams.filter((stream) => !streams.includes(stream) || !isKept(stream)),
    }
  }
  return { mp4: planOf('mp4'), mkv: planOf('mkv') }
}

/** Returns the plan that copies nothing which can be encoded. */
export function encodingAll(plan: MuxPlan, decodable: ReadonlySet<string>): MuxPlan {
  const streams = plan.streams.map(({ stream }) => ({ stream, isEncoded: decodable.has(stream.codec) }))
  return { ...plan, streams }
}

interface Trial {
  readonly host: ToolHost
  readonly film: string
  /** The first frames of the film's streams, by index. */
  readonly original: ReadonlyMap<number, FirstFrames>
}

/** Streams that are copied into one container, to see what comes of them. */
interface TrialCopy {
  readonly container: Container
  readonly streams: readonly MediaStream[]
}

/** A stream, by its index in the film, of which one container holds a copy. */
interface Copyable {
  readonly container: Container
  readonly index: number
}

function trialPath({ tempDir }: ToolHost, container: Container): string {
  return join(tempDir, `trial.${container}`)
}

function trialArgs({ host, film }: Trial, copies: readonly TrialCopy[]): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-y', '-fflags', '+genpts'],
    ...inputArgs(film),
    ...copies.flatMap(({ container, streams }) => [
      ...[...mapArgs(streams), '-c', 'copy', ...tagArgs(container, streams)],
      ...['-frames:v', '60', '-frames:a', '60', '-f', formatOf(container), fileUrl(trialPath(host, container))],
    ]),
  ]
}

/**
 * Copies the first packets of the streams, and returns those of them that begin as in the film. One start of ffmpeg makes
 * all copies, since that takes longer than the packets; where it fails, each container is tried alone, and then each stream.
 */
async function copyable(trial: Trial, asked: readonly TrialCopy[]): Promise<readonly Copyable[]> {
  const copies = asked.filter(({ streams }) => streams.length > 0)
  if (copies.length === 0) return []
  const { host, original } = trial
  const { exitCode } = await host.exec(ffmpeg, trialArgs(trial, copies), { okExitCodes: anyExitCode })
  if (exitCode !== 0) {
    const found: Copyable[] = []
    for (const part of partsOf(copies)) found.push(...(await copyable(trial, [part])))
    return found
  }
  const isTurned = copies.some(({ streams }) => streams.some(({ turn }) => turn !== undefined))
  const turns = isTurned ? await Promise.all(copies.map(({ container }) => turnsIn(trial, container))) : []
  const made = await firstFrames(
    host,
    copies.map(({ container, streams }) => ({
      path: trialPath(host, container),
      streams: streams.map((_, position) => position),
      scratch: join(host.tempDir, `trial-frames.${container}.txt`),
    })),
  )
  return copies.flatMap(({ container, streams }, at) =>
    streams
      .filter(({ index }, position) => beginsAlike(made[at]?.get(position), original.get(index)))
      // A film that begins black looks the same upside down.
      .filter(({ turn }, position) => turn === turns[at]?.[position])
      .map(({ index }) => ({ container, index })),
  )
}

/** Returns how a player turns each stream of a trial. */
async function turnsIn({ host }: Trial, container: Container): Promise<readonly (string | undefined)[]> {
  const media = await probed(host, trialPath(host, container))
  return media?.streams.map(({ turn }) => turn) ?? []
}

/** Returns what failed together in smaller parts; nothing where it was a single stream. */
function partsOf(copies: readonly TrialCopy[]): readonly TrialCopy[] {
  if (copies.length > 1) return copies
  return copies.flatMap(({ container, streams }) =>
    streams.length === 1 ? [] : streams.map((stream) => ({ container, streams: [stream] })),
  )
}
