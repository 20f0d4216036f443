import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, many, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { formatAudacityLabels } from '../cues/audacity-labels.ts'
import { described, schema, type ValueOf } from '../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs } from '../tools/ffmpeg.ts'
import { threadModule } from '../tools/thread-module.ts'
import { encodeAtLoudness, Level, levelParams, levelProblems } from './level.ts'
import { callHz } from './normalize.ts'
import { Calls } from './results/recording.ts'
import { TimeMap } from './results/time-map.ts'
import type { ArrangeRequest, Placed } from './threads/arrange-thread.ts'
import type { Measured } from './threads/render-thread.ts'

/** What a mix is encoded as: the codec and the container. Chapters name the calls where the container has them. */
const formats = {
  m4a: { codec: ['-c:a', 'aac', '-b:a', '96k', '-movflags', '+faststart', '-f', 'mp4'], isLossless: false },
  mp3: { codec: ['-c:a', 'libmp3lame', '-q:a', '3', '-id3v2_version', '3', '-f', 'mp3'], isLossless: false },
  opus: { codec: ['-c:a', 'libopus', '-b:a', '48k', '-f', 'ogg'], isLossless: false },
  flac: { codec: ['-c:a', 'flac', '-f', 'flac'], isLossless: true },
  wav: { codec: ['-c:a', 'pcm_s16le', '-rf64', 'auto', '-f', 'wav'], isLossless: true },
} as const
export type MixFormat = keyof typeof formats
export const mixFormats = Object.keys(formats) as readonly MixFormat[]

/** Returns the params of the mix. */
export function mixParams() {
  return {
    order: described(
      z._default(z.enum(['sequence', 'timeline']), 'sequence'),
      'one call after the other, or each when it began, by the names of the files',
    ),
    gapS: described(
      z._default(z.number().check(z.gte(0), z.lte(3600)), 1),
      'silence between calls, in seconds; on a timeline, longer ones are shortened to this',
    ),
  }
}

export const MixMap = schema(() =>
  z.object({
    lengthS: z.number(),
    calls: z.array(
      z.object({
        id: z.string(),
        /** Where the call is in the mix, in seconds. */
        atS: z.number(),
        lengthS: z.number(),
        /** Where each stretch of it is in the recordings: seconds of the mix, and seconds of the call as recorded. */
        pieces: z.array(
          z.object({
            atS: z.number(),
            lengthS: z.number(),
            fromS: z.optional(z.number()),
            made: z.optional(z.string()),
          }),
        ),
      }),
    ),
    /** Calls that have no place in it, because a step of theirs failed. */
    leftOut: z.array(z.object({ id: z.string(), problem: z.string() })),
  }),
)
export type MixMap = ValueOf<typeof MixMap>

/** Returns the stage that makes the mix in a format. */
function mixIn(format: MixFormat) {
  const { codec, isLossless } = formats[format]
  return defineStage({
    name: 'mix',
    version: 2,
    description: 'Lays all calls one after the other, or on a timeline, and says where each second comes from',
    inputs: {
      calls: json(Calls),
      sounds: many(file('call.flac'), { settled: true }),
      maps: many(json(TimeMap), { settled: true }),
    },
    params: schema(() => z.object({ ...levelParams(), ...mixParams(), format: z._default(z.literal(format), format) })),
    outputs: { mix: `mix.${format}`, map: json(MixMap), level: json(Level), labels: 'labels.txt' },
    tools: [ffmpeg],
    threads: { arrange: threadModule(new URL('./threads/arrange-thread.ts', import.meta.url)) },
    contracts: [
      {
        name: 'as loud as asked after encoding, or said to be limited',
        check: ({ params, outputs }): Violation[] => levelProblems(outputs.level, params),
      },
    ],
    async run(context) {
      const { inputs, params, outputs, tempDir, progress, inThread, warn, fail } = context
      const leftOut = inputs.maps.flatMap(({ item, failure }) =>
        failure === undefined ? [] : [{ id: item, problem: failure.message }],
      )
      for (const { id, problem } of leftOut) warn(`left out of the mix: ${id}: ${problem}`)
      const sounds = inputs.sounds.flatMap(({ value }) => (value === undefined ? [] : [value]))
      const maps = inputs.maps.flatMap(({ value }) => (value === undefined ? [] : [value]))
      const failed = new Set(leftOut.map(({ id }) => id))
      const calls = inputs.calls.filter(({ id }) => !failed.has(id))
      if (calls.length !== sounds.length || calls.length === 0) fail('no call is left to be mixed')
      const whole = join(tempDir, 'calls.wav')
      await context.exec(ffmpeg, concatArgs(await listOf(tempDir, sounds), whole))
      progress(0.3)
      const placed = placesOf(
        calls.map(({ startedAt }, index) => ({ startedAt, lengthS: maps[index]?.lengthS ?? 0 })),
        params,
      )
      const inOrder = [...placed.entries()].sort(([, one], [, other]) => one.at - other.at)
      const wav = join(tempDir, 'mix.wav')
      const request: ArrangeRequest = {
        calls: whole,
        sampleRateHz: callHz,
        placed: inOrder.map(([, place]) => place),
        output: wav,
      }
      const before = (await inThread('arrange', request)) as Measured
      progress(0.5)
      const entries = inOrder.map(([index, { at, frames }]) => {
        const atS = at / callHz
        const pieces = (maps[index]?.pieces ?? []).map((piece) => ({ ...piece, atS: thousandths(atS + piece.atS) }))
        return { id: calls[index]?.id ?? '', atS: thousandths(atS), lengthS: thousandths(frames / callHz), pieces }
      })
      const chapters = join(tempDir, 'chapters.ffmeta')
      await writeFile(chapters, chapterText(entries))
      const labels = entries.map(({ id, atS, lengthS }) => ({ startS: atS, endS: atS + lengthS, text: id }))
      await writeFile(outputs.labels, formatAudacityLabels(labels))
      const lengthS = thousandths(Math.max(0, ...entries.map((entry) => entry.atS + entry.lengthS)))
      const mixHz = format === 'opus' ? 48_000 : callHz
      const level = await encodeAtLoudness(context, {
        wav,
        before,
        output: outputs.mix,
        sampleRateHz: mixHz,
        frames: Math.round(lengthS * mixHz),
        codec: ['-map_metadata', '1', '-map_chapters', '1', ...codec],
        more: ['-f', 'ffmetadata', '-i', fileUrl(chapters)],
        isLossless,
        params,
      })
      return { map: { lengthS, calls: entries, leftOut }, level }
    },
  })
}

/** The stage for each format. */
export const mixes = {
  m4a: mixIn('m4a'),
  mp3: mixIn('mp3'),
  opus: mixIn('opus'),
  flac: mixIn('flac'),
  wav: mixIn('wav'),
}

interface Timed {
  readonly startedAt: string | undefined
  readonly lengthS: number
}

export interface MixOrder {
  readonly order: 'sequence' | 'timeline'
  readonly gapS: number
}

/** Returns the place of each call in the mix. */
export function placesOf(calls: readonly Timed[], { order, gapS }: MixOrder): readonly Placed[] {
  const frames = calls.map(({ lengthS }) => Math.round(lengthS * callHz))
  let from = 0
  const sources = frames.map((count) => {
    from += count
    return from - count
  })
  const begunS = calls.map(({ startedAt }) =>
    startedAt === undefined ? undefined : Date.parse(`${startedAt}Z`) / 1000,
  )
  const turn = [...calls.keys()]
  // Calls of which no one knows when they began come after those of which it is known.
  if (order === 'timeline')
    turn.sort((one, other) => (begunS[one] ?? Infinity) - (begunS[other] ?? Infinity) || one - other)
  const at: number[] = []
  let endS = 0
  let clockS: number | undefined
  for (const [position, index] of turn.entries()) {
    const began = order === 'timeline' ? begunS[index] : undefined
    let atS = position === 0 ? 0 : endS + gapS
    if (began !== undefined && clockS !== undefined) atS = Math.min(atS, Math.max(0, began + clockS))
    // From here on, the clock of the mix is that of the calls, as far as gaps have not been shortened.
    if (began !== undefined) clockS = atS - began
    at[index] = atS
    endS = Math.max(endS, atS + (calls[index]?.lengthS ?? 0))
  }
  return frames.map((count, index) => ({
    from: sources[index] ?? 0,
    frames: count,
    at: Math.round((at[index] ?? 0) * callHz),
  }))
}

/** Writes the list that ffmpeg's concat reads; links give it names that need no escapes. */
async function listOf(tempDir: string, sounds: readonly string[]): Promise<string> {
  const names = sounds.map((_, index) => `call-${String(index).padStart(6, '0')}.flac`)
  for (const [index, sound] of sounds.entries()) await symlink(sound, join(tempDir, names[index] ?? ''))
  const list = join(tempDir, 'calls.txt')
  await writeFile(list, `ffconcat version 1.0\n${names.map((name) => `file ${name}\n`).join('')}`)
  return list
}

function concatArgs(list: string, output: string): string[] {
  return [
    ...globalArgs(),
    ...['-protocol_whitelist', 'file', '-format_whitelist', 'concat,flac', '-f', 'concat', '-safe', '1'],
    ...['-i', fileUrl(list), '-map', '0:a:0', '-map_metadata', '-1', '-c:a', 'pcm_s16le'],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(output)],
  ]
}

function chapterText(
  calls: readonly { readonly id: string; readonly atS: number; readonly lengthS: number }[],
): string {
  const chapters = calls.map(({ id, atS, lengthS }) => {
    const times = `START=${Math.round(atS * 1000)}\nEND=${Math.round((atS + lengthS) * 1000)}`
    return `[CHAPTER]\nTIMEBASE=1/1000\n${times}\ntitle=${id.replace(/([=;#\\\n])/g, '\\$1')}\n`
  })
  return `;FFMETADATA1\ntitle=Calls\n${chapters.join('')}`
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}
