import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { inject } from 'vitest'
import type { AnyStage } from '../../src/core/index.ts'
import {
  AudioInfo,
  demux,
  mux,
  recognize,
  TrackIndex,
  Transcript,
  Translation,
  translate,
  writeSubtitles,
} from '../../stages/index.ts'
import { type Media, parseProbe } from '../../stages/tools/ffprobe.ts'
import { runStage, type StageRun } from '../rig/stage-context.ts'

/** Returns a JSON output as its schema types it. */
export function checked<Value>(schema: StandardSchemaV1<unknown, Value>, value: unknown): Value {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise || result.issues !== undefined) throw new Error(JSON.stringify(result))
  return result.value
}

const run = promisify(execFile)

/** What the short sample says. */
export const spoken = ['good morning and welcome to the workshop', 'today we will talk about the history of our city']

/** Makes a directory for the films of a test file. */
export function mediaDirectory(name = 'media'): { dir: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'reprise-media-'))
  const dir = join(root, name)
  mkdirSync(dir)
  return { dir, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** Makes the talking film with its first two sentences, of some 8 s. */
export async function makeSample(path: string): Promise<string> {
  await run('sh', ['scripts/make-sample.sh', path, '2'])
  return path
}

/** Runs ffmpeg with arguments of the test's own; what it makes of no file is made once for all tests. */
export async function ffmpegMakes(output: string, ...args: string[]): Promise<string> {
  const make = (path: string) => run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, `file:${path}`])
  if (args.some((arg) => arg.includes('/'))) {
    await make(output)
    return output
  }
  const films = join(inject('programs'), 'films')
  const ending = basename(output).replace(/^[^.]*/, '')
  const made = join(films, createHash('sha256').update(JSON.stringify(args)).digest('hex') + ending)
  if (!existsSync(made)) {
    mkdirSync(films, { recursive: true })
    const unfinished = join(films, `${crypto.randomUUID()}${ending}`)
    await make(unfinished)
    renameSync(unfinished, made)
  }
  copyFileSync(made, output)
  return output
}

/** Returns what ffprobe tells of a file. */
export async function probe(path: string): Promise<Media> {
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-of',
    'json',
    '-show_format',
    '-show_streams',
    `file:${path}`,
  ])
  const media = parseProbe(stdout)
  if (media === undefined) throw new Error(`ffprobe cannot read ${path}`)
  return media
}

/** Returns the packets of one stream as ffprobe lists them, with their digests. */
export async function packets(path: string, stream: string, entries: string): Promise<string[]> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', stream, '-show_entries', `packet=${entries}`],
    ...['-show_data_hash', 'md5', '-of', 'csv=p=0', `file:${path}`],
  ])
  return stdout
    .split('\n')
    .map((line) => line.replace(/^,|,$/g, ''))
    .filter((line) => line !== '')
}

export interface PipelineRequest {
  readonly video: string
  readonly dir: string
  readonly to?: readonly string[]
  readonly clip?: { readonly clipStartS?: number; readonly clipEndS?: number }
}

/** What the stages of the pipeline did, one after the other. */
export interface PipelineRun {
  readonly info: AudioInfo
  readonly speech: Transcript
  readonly translations: readonly Translation[]
  readonly index: TrackIndex
  readonly runs: {
    readonly demux: StageRun
    readonly subtitles: StageRun
    readonly mux: StageRun
    readonly recognize: StageRun
  }
}

/** Runs the stages of `subtitles` as its pipeline wires them. */
export async function runStages({ video, dir, to = [], clip = {} }: PipelineRequest): Promise<PipelineRun> {
  const stage = (one: AnyStage, inputs: Record<string, unknown>, params: object = {}) =>
    runStage(one, { dir, inputs, params })
  const demuxed = await stage(demux, { video }, clip)
  const info = checked(AudioInfo, demuxed.values.info)
  const recognized = await stage(recognize, { audio: demuxed.paths.audio, info })
  const speech = checked(Transcript, recognized.values.speech)
  const translations: Translation[] = []
  for (const language of to) {
    const { values } = await stage(translate, { speech }, { from: 'en', to: language })
    translations.push(checked(Translation, values.translation))
  }
  const written = await stage(writeSubtitles, { speech, translations })
  const index = checked(TrackIndex, written.values.index)
  const muxed = await stage(mux, { video, tracks: written.paths.tracks, index }, clip)
  return {
    info,
    speech,
    translations,
    index,
    runs: { demux: demuxed, recognize: recognized, subtitles: written, mux: muxed },
  }
}
