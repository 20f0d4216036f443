import type { Frame } from '../drawing/scene-layout.ts'
import { bitexactArgs, fileUrl, globalArgs } from '../tools/ffmpeg.ts'

/** A picture that comes in over the others. */
export interface LayerFile {
  readonly path: string
  readonly x: number
  readonly y: number
  /** When it comes in, in seconds. */
  readonly startS: number
}

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

const entranceS = 0.45
/** How far a layer rises while it comes in, in pixels of a picture of 1080 lines. */
const rise = 22
const colours = 'out_color_matrix=bt709:out_range=tv'

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
  const held = `loop=loop=-1:size=1:start=0,trim=end_frame=${frames},setpts=N/(${fps}*TB)`
  const bar = Math.max(2, 2 * Math.round(Math.min(frame.width, frame.height) / 360))
  const graph = [`[0:v]scale=${colours},format=yuv420p,${held}[v0]`]
  for (const [index, { x, y, startS }] of layers.entries()) {
    const distance = Math.round((rise * Math.min(frame.width, frame.height)) / 1080)
    const start = startS.toFixed(4)
    const moved = `${y}+${distance}*pow(max(0\\,min(1\\,1-(t-${start})/${entranceS}))\\,3)`
    graph.push(
      `[${index + 1}:v]scale=${colours},format=yuva420p,${held},fade=t=in:st=${start}:d=${entranceS}:alpha=1[l${index}]`,
      `[v${index}][l${index}]overlay=x=${x}:y='${moved}':format=yuv420:eval=frame[v${index + 1}]`,
    )
  }
  const last = layers.length
  graph.push(
    `color=c=${accent}:s=${frame.width}x${bar}:r=${fps}:d=${durationS.toFixed(6)},scale=${colours},format=yuv420p[bar]`,
    `[v${last}][bar]overlay=x='-w+w*(n+1)/${frames}':y=${frame.height - bar}:format=yuv420:eval=frame,trim=end_frame=${frames}[out]`,
  )
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
