import type { Frame } from '../drawing/scene-layout.ts'
import { bitexactArgs, fileUrl, globalArgs } from '../tools/ffmpeg.ts'
import { colours, entranceGraph, type LayerFile } from './entrances.ts'

export interface RenderRequest {
  readonly frame: Frame
  readonly fps: number
  readonly frames: number
  readonly background: string
  readonly layers: readonly LayerFile[]
  /** The colour of the line at the foot that shows how far the scene is: `#rrggbb`. */
  readonly accent: string
  readonly quality: number
  readonly encodeThreads: number
  readonly output: string
}

/**
 * Returns ffmpeg's arguments that make a scene of pictures. Each picture is decoded once and repeated; what comes in is
 * faded and moved by filters, so that a scene costs a few drawings and not one a frame.
 */
export function renderArgs(request: RenderRequest): string[] {
  const { frame, fps, frames, background, layers, accent, quality, encodeThreads, output } = request
  const durationS = frames / fps
  const picture = (path: string) => [
    '-f',
    'image2',
    '-framerate',
    String(fps),
    '-pattern_type',
    'none',
    '-i',
    fileUrl(path),
  ]
  const bar = Math.max(2, 2 * Math.round(Math.min(frame.width, frame.height) / 360))
  const graph = [
    ...entranceGraph(request, 'shown'),
    `color=c=${accent}:s=${frame.width}x${bar}:r=${fps}:d=${durationS.toFixed(6)},scale=${colours},format=yuv420p[bar]`,
    `[shown][bar]overlay=x='-w+w*(n+1)/${frames}':y=${frame.height - bar}:format=yuv420:eval=frame,trim=end_frame=${frames}[out]`,
  ]
  return [
    ...globalArgs(),
    ...['-protocol_whitelist', 'file'],
    ...picture(background),
    ...layers.flatMap(({ path }) => picture(path)),
    ...['-filter_complex', graph.join(';'), '-map', '[out]'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'stillimage', '-crf', String(quality)],
    ...[
      '-threads:v',
      String(encodeThreads),
      '-g',
      String(fps * 2),
      '-keyint_min',
      String(fps * 2),
      '-sc_threshold',
      '0',
      '-bf',
      '2',
    ],
    ...[
      '-pix_fmt',
      'yuv420p',
      '-colorspace',
      'bt709',
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
      '-color_range',
      'tv',
    ],
    ...['-r', String(fps), '-video_track_timescale', String(fps * 1000)],
    ...bitexactArgs(),
    ...['-f', 'mp4', fileUrl(output)],
  ]
}
