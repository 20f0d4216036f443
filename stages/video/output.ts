import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, many, optional } from 'reprise'
import * as z from 'zod/mini'
import { formatSrt } from '../cues/srt.ts'
import { formatVtt } from '../cues/vtt.ts'
import { languageParam, longLanguageCode } from '../languages/languages.ts'
import { joinSound } from '../media/join-sound.ts'
import { encodeSoundTrack } from '../media/sound-track.ts'
import { described, schema } from '../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg } from '../tools/ffmpeg.ts'
import { ffprobe, parseProbe, probeArgs } from '../tools/ffprobe.ts'
import { captionsOf, chapterMetadata, chaptersOf, chapterText, type PlacedScene } from './captions.ts'
import { FilmReport, FilmTiming, filmViolations, MusicMeasures } from './film-report.ts'
import { measureSync } from './measure-sync.ts'
import { narrationRateHz } from './narrate.ts'
import { sceneFrames } from './render.ts'
import { SceneTiming, Script } from './script/scene.ts'

/** Returns the params of the finished film. */
export function outputParams() {
  return {
    loudnessLufs: described(
      z._default(z.number().check(z.gte(-40), z.lte(-8)), -16),
      'integrated loudness of the film, in LUFS: -16 for the web, -23 for broadcast (EBU R 128)',
    ),
    truePeakDb: described(z._default(z.number().check(z.gte(-9), z.lte(0)), -1), 'highest true peak, in dBTP'),
  }
}

/** Joins the scenes to a film, without encoding the picture again, and measures the result. */
export const output = defineStage({
  name: 'output',
  version: 2,
  description:
    'Joins the scenes to a film with captions, chapters and a thumbnail, levels the sound, measures the result',
  inputs: {
    script: json(Script),
    films: many(file()),
    stills: many(file()),
    speech: many(file()),
    timings: many(json(SceneTiming)),
    /** The voice with music under it. */
    mixed: optional(file()),
    music: optional(json(MusicMeasures)),
  },
  params: schema(() =>
    z.object({
      ...outputParams(),
      language: z.prefault(languageParam(), 'en'),
      fps: z.int(),
      vertical: z.boolean(),
    }),
  ),
  outputs: {
    mp4: 'film.mp4',
    captions: 'captions/',
    chapters: 'chapters.txt',
    thumbnail: 'thumbnail.png',
    timing: json(FilmTiming),
    report: json(FilmReport),
  },
  tools: [ffmpeg, ffprobe],
  contracts: [
    {
      name: 'sound and picture together, as loud as asked, as long as reported',
      check: ({ params, outputs }) => filmViolations(outputs.report, params),
    },
  ],
  async run(context) {
    const { inputs, params, outputs, tempDir, progress, fail } = context
    const { fps, language, vertical } = params
    const frames = inputs.timings.map((timing) => sceneFrames(timing, fps))
    const scenes: (PlacedScene & { readonly firstFrame: number; readonly frames: number })[] = []
    let firstFrame = 0
    for (const [index, timing] of inputs.timings.entries()) {
      const count = frames[index] ?? 0
      const title = inputs.script.scenes[index]?.picture.title
      scenes.push({
        title,
        timing,
        frames: count,
        firstFrame,
        startS: firstFrame / fps,
        endS: (firstFrame + count) / fps,
      })
      firstFrame += count
    }
    const reportedS = firstFrame / fps
    const title = inputs.script.title ?? scenes[0]?.title ?? 'Untitled'

    const { music, mixed } = inputs
    const wav = mixed ?? join(tempDir, 'speech.wav')
    if (mixed === undefined)
      await joinSound(context, { speech: inputs.speech, frames, fps, rateHz: narrationRateHz, output: wav })
    const sound = join(tempDir, 'sound.mp4')
    const { loudnessLufs, truePeakDb } = params
    const track = await encodeSoundTrack(context, {
      wav,
      isStereo: mixed !== undefined,
      output: sound,
      target: { integratedLufs: loudnessLufs, truePeakDb },
    })
    progress(0.4)

    const cues = captionsOf(scenes, { language, vertical })
    await mkdir(outputs.captions, { recursive: true })
    const srt = join(outputs.captions, `${language}.srt`)
    await writeFile(srt, formatSrt(cues))
    await writeFile(join(outputs.captions, `${language}.vtt`), formatVtt(cues))
    const chapters = chaptersOf(scenes, title)
    await writeFile(outputs.chapters, chapterText(chapters))
    const metadata = join(tempDir, 'chapters.ffmeta')
    await writeFile(metadata, chapterMetadata(chapters, title))
    const [still] = inputs.stills
    if (still === undefined) return fail('the script has no scenes')
    await copyFile(still, outputs.thumbnail)

    const list = await concatList(tempDir, inputs.films)
    await runFfmpeg(
      context,
      joinArgs({ list, sound, captions: cues.length === 0 ? undefined : srt, metadata, language, output: outputs.mp4 }),
      { lengthS: reportedS, from: 0.4, to: 0.8 },
    )
    const placed = scenes.map((scene, index) => ({ ...scene, speech: inputs.speech[index] ?? '' }))
    const sync = await measureSync(context, { film: outputs.mp4, scenes: placed, fps })
    const syncMs = sync.map(({ pictureMs, soundMs }) => (soundMs === undefined ? null : rounded(soundMs - pictureMs)))
    const apart = sync.map(({ pictureMs, soundMs }) =>
      Math.max(Math.abs(pictureMs), soundMs === undefined ? 0 : Math.abs(soundMs - pictureMs)),
    )
    const probed = parseProbe((await context.exec(ffprobe, probeArgs(outputs.mp4))).stdout)
    return {
      timing: {
        durationS: reportedS,
        fps,
        scenes: scenes.map(({ title: own, startS, endS, frames: count, timing }) => ({
          ...(own === undefined ? {} : { title: own }),
          startS,
          endS,
          frames: count,
          pieces: timing.pieces.map((piece) => ({
            text: piece.text,
            startS: rounded(startS + piece.startS),
            endS: rounded(startS + piece.endS),
          })),
        })),
      },
      report: {
        durationS: probed?.durationS ?? 0,
        reportedS,
        frameS: 1 / fps,
        loudness: {
          targetLufs: loudnessLufs,
          integratedLufs: finite(track.integratedLufs),
          truePeakDb: finite(track.truePeakDb),
          limited: track.limited,
        },
        syncMs,
        worstSyncMs: rounded(Math.max(0, ...apart)),
        captions: cues.length,
        chapters: chapters.length,
        ...(music === undefined ? {} : { music }),
      },
    }
  },
})

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Writes the list that ffmpeg's concat reads; links give it names that need no escapes. */
async function concatList(tempDir: string, films: readonly string[]): Promise<string> {
  const names = films.map((_, index) => `scene-${String(index).padStart(6, '0')}.mp4`)
  for (const [index, film] of films.entries()) await symlink(film, join(tempDir, names[index] ?? ''))
  const list = join(tempDir, 'scenes.txt')
  await writeFile(list, `ffconcat version 1.0\n${names.map((name) => `file ${name}\n`).join('')}`)
  return list
}

interface JoinRequest {
  readonly list: string
  readonly sound: string
  readonly captions: string | undefined
  readonly metadata: string
  readonly language: string
  readonly output: string
}

function joinArgs({ list, sound, captions, metadata, language, output: film }: JoinRequest): string[] {
  const long = longLanguageCode(language)
  const metadataInput = captions === undefined ? 2 : 3
  return [
    ...globalArgs(),
    ...[
      '-protocol_whitelist',
      'file',
      '-format_whitelist',
      'concat,mov',
      '-f',
      'concat',
      '-safe',
      '1',
      '-i',
      fileUrl(list),
    ],
    ...inputArgs(sound),
    ...(captions === undefined ? [] : inputArgs(captions, { format: 'srt' })),
    ...['-f', 'ffmetadata', '-i', fileUrl(metadata)],
    ...['-map', '0:v:0', '-map', '1:a:0', ...(captions === undefined ? [] : ['-map', '2:0'])],
    ...['-map_metadata', String(metadataInput), '-map_chapters', String(metadataInput)],
    ...['-c:v', 'copy', '-c:a', 'copy', '-c:s', 'mov_text'],
    ...[
      '-metadata:s:a:0',
      `language=${long}`,
      ...(captions === undefined ? [] : ['-metadata:s:s:0', `language=${long}`]),
    ],
    ...bitexactArgs(),
    ...['-movflags', '+faststart', '-f', 'mp4', fileUrl(film)],
  ]
}
