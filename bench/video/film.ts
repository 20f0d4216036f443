import { execFileSync } from 'node:child_process'

const rateHz = 8000
/** What is quieter is between words: the voices of flite are silent there. */
const silent = 10 ** (-50 / 20)
const windowS = 0.005
/** A shorter silence is inside of a word. */
const shortestPauseS = 0.12
/** How far around a boundary the picture is looked at. */
const aroundS = 0.25
const [width, height] = [96, 54]

/** Decodes the sound of a file to one channel, with what is before its first sample as silence. */
function soundOf(path: string): Float32Array {
  const filter = ['-map', '0:a:0', '-af', 'aresample=async=1:first_pts=0', '-ac', '1', '-ar', String(rateHz)]
  const bytes = execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', path, ...filter, '-f', 'f32le', '-'], {
    maxBuffer: 2 ** 30,
  })
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

/** Returns when sound begins after silence, in seconds, within 5 ms. */
export function onsetsOf(path: string): readonly number[] {
  const samples = soundOf(path)
  const size = windowS * rateHz
  const onsets: number[] = []
  let silentS = Number.POSITIVE_INFINITY
  for (let from = 0; from < samples.length; from += size) {
    const peak = samples.subarray(from, from + size).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    if (peak < silent) {
      silentS += windowS
      continue
    }
    if (silentS >= shortestPauseS) onsets.push(from / rateHz)
    silentS = 0
  }
  return onsets
}

/** Returns for each boundary when the picture changes most around it, by the times at which its frames are shown. */
export function cutsNear(film: string, boundariesS: readonly number[], fps: number): readonly number[] {
  const frames = picturesOf(film, fps)
  return boundariesS.map((boundaryS) => {
    const first = Math.max(1, Math.round((boundaryS - aroundS) * fps))
    const changes = Array.from({ length: Math.round(2 * aroundS * fps) }, (_, offset) =>
      difference(frames(first + offset - 1), frames(first + offset)),
    )
    return (first + changes.indexOf(Math.max(...changes))) / fps
  })
}

/** Decodes the pictures of a film, small and grey, one for each time at which there may be one. */
function picturesOf(film: string, fps: number): (frame: number) => Uint8Array {
  const filter = `fps=${fps}:start_time=0,scale=${width}:${height},format=gray`
  const bytes = execFileSync(
    'ffmpeg',
    ['-nostdin', '-v', 'error', '-i', film, '-map', '0:v:0', '-vf', filter, '-f', 'rawvideo', '-'],
    { maxBuffer: 2 ** 31 },
  )
  const size = width * height
  return (frame) => bytes.subarray(frame * size, (frame + 1) * size)
}

function difference(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0)
}

/** Returns the integrated loudness and the true peak of a film as it is decoded, by ffmpeg's meter (EBU R 128). */
export function loudnessOf(film: string): { readonly integratedLufs: number; readonly truePeakDb: number } {
  const args = ['-nostdin', '-hide_banner', '-i', film, '-map', '0:a:0', '-af', 'ebur128=peak=true:framelog=verbose']
  const said = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', 'ffmpeg', ...args, '-f', 'null', '-'], { encoding: 'utf8' })
  const summary = said.slice(said.lastIndexOf('Summary:'))
  return {
    integratedLufs: Number(/I:\s+(-?[\d.]+) LUFS/.exec(summary)?.[1]),
    truePeakDb: Number(/Peak:\s+(-?[\d.]+) dBFS/.exec(summary)?.[1]),
  }
}
