import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatSrt } from '../../stages/cues/srt.ts'
import { demux, MuxReport, mux, type TrackIndex } from '../../stages/index.ts'
import { filesOf } from '../../stages/subtitles/tracks.ts'
import { runStage, type StageRun } from '../rig/stage-context.ts'
import { checked } from './sample.ts'

const run = promisify(execFile)

/** ffmpeg's arguments for a tone of a tenth of a second at 1 s, 3 s, 5 s and so on. */
export function beeps(seconds: number, rateHz = 48_000): string[] {
  const tone = `0.5*sin(880*2*PI*t)*lt(mod(t+1\\,2)\\,0.1)*gte(t\\,1)`
  return ['-f', 'lavfi', '-t', String(seconds), '-i', `aevalsrc=${tone}:s=${rateHz}`]
}

/** ffmpeg's arguments for a moving picture with a key frame each second. */
export function picture(seconds: number, size = '160x90'): string[] {
  return ['-f', 'lavfi', '-t', String(seconds), '-i', `testsrc2=s=${size}:r=25`]
}

export const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25']

const sampleRateHz = 16_000

/** Returns when tones start in a WAV file of 16 kHz, on any of its channels. */
function startsIn(wav: Buffer): number[] {
  const channels = wav.readUInt16LE(22)
  const samples = new Int16Array(new Uint8Array(wav.subarray(wav.indexOf('data') + 8)).buffer)
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const starts: number[] = []
  let loudAt = Number.NEGATIVE_INFINITY
  for (const [position, sample] of samples.entries()) {
    if (Math.abs(sample) < Math.max(400, loudest / 4)) continue
    const at = Math.floor(position / channels)
    if (at - loudAt > sampleRateHz / 2) starts.push(at / sampleRateHz)
    loudAt = at
  }
  return starts
}

export interface Heard {
  readonly lengthS: number
  /** When tones start, in seconds. */
  readonly starts: readonly number[]
  readonly warnings: readonly string[]
}

/** Runs `demux`, and returns what a recognizer would hear. */
export async function heard(dir: string, video: string, params: object = {}): Promise<Heard> {
  const { paths, warnings } = await runStage(demux, { dir, inputs: { video }, params })
  const wav = readFileSync(paths.audio ?? '')
  return { lengthS: (wav.length - 44) / 2 / sampleRateHz, starts: startsIn(wav), warnings }
}

/** Runs `mux` with one cue in one language. */
export async function muxed(
  dir: string,
  video: string,
  params: object = {},
): Promise<StageRun & { report: MuxReport }> {
  const tracks = join(dir, 'tracks')
  mkdirSync(tracks, { recursive: true })
  writeFileSync(join(tracks, 'en.srt'), formatSrt([{ startMs: 500, endMs: 1500, lines: ['hello'] }]))
  const files = filesOf('en')
  const index: TrackIndex = [{ language: 'en', title: 'English', files }]
  const made = await runStage(mux, { dir, inputs: { video, tracks, index }, params })
  return { ...made, report: checked(MuxReport, made.values.report) }
}

/**
 * Returns when tones start in each film, in seconds of its own time line; fails where one does not decode. ffmpeg builds its
 * filters anew where the sound changes, and so silence is put where there is no sound only afterwards. It starts twice for
 * all films: to start takes longer than to decode them.
 */
export async function startsInFilms(
  dir: string,
  films: readonly (string | undefined)[],
): Promise<readonly (readonly number[])[]> {
  const made = films.map(() => join(dir, crypto.randomUUID()))
  const ffmpeg = (...args: readonly string[]) => run('ffmpeg', ['-nostdin', '-v', 'error', ...args])
  const pcm = ['-c:a', 'pcm_s16le', '-avoid_negative_ts', 'disabled', '-f', 'nut']
  const decoded = films.flatMap((_, at) => [
    ...['-map', `${at}:v?`, '-map', `${at}:a?`, '-f', 'null', '-'],
    ...['-map', `${at}:a:0`, ...pcm, `file:${made[at]}.nut`],
  ])
  await ffmpeg(...films.flatMap((film) => ['-i', `file:${film}`]), ...decoded)
  const even = ['-af', `aresample=${sampleRateHz}:async=1:first_pts=0`]
  const sounds = made.flatMap((path, at) => ['-map', `${at}:a`, ...even, `file:${path}.wav`])
  await ffmpeg('-copyts', ...made.flatMap((path) => ['-i', `file:${path}.nut`]), ...sounds)
  return made.map((path) => startsIn(readFileSync(`${path}.wav`)))
}
