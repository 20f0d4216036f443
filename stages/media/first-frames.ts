import { readFile } from 'node:fs/promises'
import { anyExitCode, ffmpeg, fileUrl, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'

/** The first frames of a stream as a player shows them, rotated and without what an edit list skips: a line each. */
export type FirstFrames = readonly string[]

/** Of these, a copy that begins at a key frame shows some, too. */
const frameCount = 50

/** Returns ffmpeg's arguments that decode the first frames of some streams. */
export function firstFramesArgs(path: string, streams: readonly number[], output: string): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-y'],
    ...inputArgs(path),
    ...streams.flatMap((index) => ['-map', `0:${index}`]),
    ...['-frames:v', String(frameCount), '-frames:a', String(frameCount), '-f', 'framecrc', fileUrl(output)],
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

/** Returns the first frames of some streams of a file, by their index there; `scratch` is a file to write. */
export async function firstFrames(
  host: Pick<ToolHost, 'exec'>,
  path: string,
  streams: readonly number[],
  scratch: string,
): Promise<ReadonlyMap<number, FirstFrames>> {
  const args = firstFramesArgs(path, streams, scratch)
  const { exitCode } = await host.exec(ffmpeg, args, { okExitCodes: anyExitCode })
  if (exitCode === 0) {
    const frames = parseFirstFrames(await readFile(scratch, 'utf8'))
    return new Map(streams.map((index, position) => [index, frames.get(position) ?? []]))
  }
  const found = new Map<number, FirstFrames>()
  if (streams.length === 1) return found
  for (const index of streams) {
    for (const [one, frames] of await firstFrames(host, path, [index], scratch)) found.set(one, frames)
  }
  return found
}

/** Returns whether a copy of a stream begins as the stream does; nothing is known of one that cannot be decoded. */
export function beginsAlike(copy: FirstFrames = [], original: FirstFrames = []): boolean {
  return original.length === 0 || copy.slice(0, 3).some((frame) => original.includes(frame))
}
