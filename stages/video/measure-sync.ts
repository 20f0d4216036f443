import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readWav } from '../media/wav.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, inputSafety, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe } from '../tools/ffprobe.ts'
import type { PlacedScene } from './captions.ts'

const rateHz = 8000
const windowS = 0.6
const searchS = 0.06

/** How far sound and picture of a scene are from where they belong, in milliseconds; none where nothing is said. */
export interface SceneSync {
  readonly pictureMs: number
  readonly soundMs: number | undefined
}

interface SyncRequest {
  readonly film: string
  readonly scenes: readonly (PlacedScene & { readonly speech: string; readonly firstFrame: number })[]
  readonly fps: number
}

/**
 * Measures a finished film: when the first frame of each scene is shown, by the times of its packets, and when its
 * first words sound, by the lag at which the decoded sound fits the narration best.
 */
export async function measureSync(
  host: Pick<ToolHost, 'exec' | 'fail' | 'tempDir'>,
  { film, scenes, fps }: SyncRequest,
): Promise<SceneSync[]> {
  const shownS = await frameTimes(host, film)
  const heard = await decoded(host, film, 'film')
  const measured: SceneSync[] = []
  for (const { speech, timing, startS, firstFrame } of scenes) {
    const pictureMs = ((shownS[firstFrame] ?? Number.NaN) - firstFrame / fps) * 1000
    const [first] = timing.pieces
    if (first === undefined) {
      measured.push({ pictureMs, soundMs: undefined })
      continue
    }
    const said = await decoded(host, speech, 'speech')
    measured.push({ pictureMs, soundMs: lagMs(said, heard, { from: first.startS, at: startS + first.startS }) })
  }
  return measured
}

async function frameTimes(host: Pick<ToolHost, 'exec'>, film: string): Promise<number[]> {
  const times: number[] = []
  const onStdoutLine = (line: string) => {
    const seconds = Number.parseFloat(line)
    if (Number.isFinite(seconds)) times.push(seconds)
  }
  const entries = ['-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0']
  await host.exec(ffprobe, ['-v', 'error', ...inputSafety(), ...entries, fileUrl(film)], { onStdoutLine })
  return times.sort((a, b) => a - b)
}

async function decoded(
  host: Pick<ToolHost, 'exec' | 'fail' | 'tempDir'>,
  path: string,
  name: string,
): Promise<Int16Array> {
  const wav = join(host.tempDir, `${name}-8k.wav`)
  await host.exec(ffmpeg, [
    ...globalArgs(),
    ...inputArgs(path),
    ...[
      '-map',
      '0:a:0',
      '-af',
      'aresample=async=1:first_pts=0',
      '-ac',
      '1',
      '-ar',
      String(rateHz),
      '-c:a',
      'pcm_s16le',
    ],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(wav)],
  ])
  return readWav(await readFile(wav))?.samples ?? host.fail('ffmpeg wrote no WAV file')
}

/** Returns by how much `heard` is later than it should be, where it fits `said` best (normalized cross-correlation). */
function lagMs(
  said: Int16Array,
  heard: Int16Array,
  { from, at }: { readonly from: number; readonly at: number },
): number {
  const length = Math.round(windowS * rateHz)
  const start = Math.round(from * rateHz)
  const place = Math.round(at * rateHz)
  const reach = Math.round(searchS * rateHz)
  let best = { fit: Number.NEGATIVE_INFINITY, lag: 0 }
  for (let lag = -reach; lag <= reach; lag++) {
    let product = 0
    let energy = 1
    for (let index = 0; index < length; index++) {
      const sample = heard[place + lag + index] ?? 0
      product += (said[start + index] ?? 0) * sample
      energy += sample * sample
    }
    const fit = product / Math.sqrt(energy)
    if (fit > best.fit) best = { fit, lag }
  }
  return (best.lag / rateHz) * 1000
}
