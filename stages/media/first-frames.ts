import { readFile } from 'node:fs/promises'
import { anyExitCode, ffmpeg, fileUrl, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'

/** The first frames of a stream as a player shows them, rotated and without what an edit list skips: a line each. */
export type FirstFrames = readonly string[]

/** Of these, a copy that begins at a key frame shows some, too. */
const frameCount = 50

/** Some streams of a file, and a file to write about them. */
export interface FramesRequest {
  readonly path: string
  /** Their indexes in the file. */
  readonly streams: readonly number[]
  readonly scratch: string
}

/** Returns ffmpeg's arguments that decode the first frames of some streams of some files. */
export function firstFramesArgs(files: readonly FramesRequest[]): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-y'],
    ...files.flatMap(({ path }) => inputArgs(path)),
    ...files.flatMap(({ streams, scratch }, input) => [
      ...streams.flatMap((index) => ['-map', `${input}:${index}`]),
      ...['-frames:v', String(frameCount), '-frames:a', String(frameCount), '-f', 'framecrc', fileUrl(scratch)],
    ]),
  ]
}

/** Returns the frames of each stream, by its position in what `firstFramesArgs` wrote: format, size and checksum, not time. */
export function parseFirstFrames(written: string): ReadonlyMap<number, FirstFrames> {
  const formats = new Map<number, string>()
  const frames = new Map<number, string[]>()
  for (const line of written.split('\n')) {
    const [, position, format] = /^#(?:dimensions|sample_rate|channel_layout_name) (\d+): (\S+)/.exec(line) ?? []
    if (position !== undefined) formats.set(Number(position), `${formats.get(Number(position)) ?? ''}${format} `)
    if (line.startsWith('#') || line === '') continue
    const [stream = '', , , , size = '', checksum = ''] = line.split(',').map((field) => field.trim())
    const frame = `${formats.get(Number(stream)) ?? ''}${size} ${checksum}`
    frames.set(Number(stream), [...(frames.get(Number(stream)) ?? []), frame])
  }
  return frames
}

/**
 * Returns the first frames of each file's streams, by their index there. One start of ffmpeg reads all of them, since
 * that takes longer than the frames; where it fails, each is read alone.
 */
export async function firstFrames(
  host: Pick<ToolHost, 'exec'>,
  files: readonly FramesRequest[],
): Promise<readonly ReadonlyMap<number, FirstFrames>[]> {
  const { exitCode } = await host.exec(ffmpeg, firstFramesArgs(files), { okExitCodes: anyExitCode })
  const found: ReadonlyMap<number, FirstFrames>[] = []
  for (const file of files) {
    if (exitCode === 0) {
      const frames = parseFirstFrames(await readFile(file.scratch, 'utf8'))
      found.push(new Map(file.streams.map((index, position) => [index, frames.get(position) ?? []])))
    } else if (files.length > 1) found.push(...(await firstFrames(host, [file])))
    else found.push(await eachAlone(host, file))
  }
  return found
}

async function eachAlone(host: Pick<ToolHost, 'exec'>, file: FramesRequest): Promise<ReadonlyMap<number, FirstFrames>> {
  const found = new Map<number, FirstFrames>()
  if (file.streams.length === 1) return found
  for (const index of file.streams) {
    const [alone = new Map<number, FirstFrames>()] = await firstFrames(host, [{ ...file, streams: [index] }])
    for (const [one, frames] of alone) found.set(one, frames)
  }
  return found
}

/** Returns whether a copy of a stream begins as the stream does; nothing is known of one that cannot be decoded. */
export function beginsAlike(copy: FirstFrames = [], original: FirstFrames = []): boolean {
  return original.length === 0 || copy.slice(0, 3).some((frame) => original.includes(frame))
}
