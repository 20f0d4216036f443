import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, many, optional } from 'reprise'
import * as z from 'zod/mini'
import { formatSrt } from '../cues/srt.ts'
import { formatVtt } from '../cues/vtt.ts'
import { languageParam, longLanguageCode } from '../languages/languages.ts'
import { schema } from '../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg } from '../tools/ffmpeg.ts'
import { ffprobe, parseProbe, probeArgs } from '../tools/ffprobe.ts'
import { captionsOf, chapterMetadata, chaptersOf, chapterText, type PlacedScene } from './captions.ts'
import { type FilmPackets, readPackets, soundShiftMs } from './film-packets.ts'
import { FilmReport, FilmTiming, filmViolations, MusicMeasures } from './film-report.ts'
import { sceneFrames } from './render.ts'
import { SceneTiming, Script } from './script/scene.ts'
import { SoundMeasures, soundParams } from './sound.ts'

/** Joins the scenes and the sound to a film, without encoding anything again, and looks at where both lie in the result. */
export const output = defineStage({
  name: 'output',
  version: 3,
  description: 'Joins scenes and sound to a film with captions, chapters and a thumbnail, and measures the result',
  inputs: {
    script: json(Script),
    films: many(file()),
    stills: many(file()),
    timings: many(json(SceneTiming)),
    track: file(),
    sound: json(SoundMeasures),
    music: optional(json(MusicMeasures)),
  },
  params: schema(() =>
    z.object({
      ...soundParams(),
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
    const { inputs, params, outputs, tempDir, fail } = context
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

    const list = await concatList(tempDir, inputs.films, scenes)
    await runFfmpeg(
      context,
      joinArgs({
        list,
        sound: inputs.track,
        captions: cues.length === 0 ? undefined : srt,
        metadata,
        language,
        output: outputs.mp4,
      }),
      { lengthS: reportedS, to: 0.8 },
    )
    const [film, track, probe] = await Promise.all([
      readPackets(context, outputs.mp4),
      readPackets(context, inputs.track),
      context.exec(ffprobe, probeArgs(outputs.mp4)),
    ])
    const shiftMs = soundShiftMs(film, track) ?? fail('the sound of the film is not what was encoded for it')
    const sync = scenes.map(({ firstFrame }, index) => {
      const lagMs = inputs.sound.scenes[index]?.lagMs ?? null
      return syncOf({ film, fps, firstFrame, soundMs: lagMs === null ? undefined : lagMs + shiftMs })
    })
    const { music } = inputs
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
        durationS: parseProbe(probe.stdout)?.durationS ?? 0,
        reportedS,
        frameS: 1 / fps,
        loudness: inputs.sound.loudness,
        syncMs: sync.map(({ apartMs }) => apartMs),
        worstSyncMs: rounded(Math.max(0, ...sync.map(({ worstMs }) => worstMs))),
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

interface SceneStart {
  readonly film: FilmPackets
  readonly fps: number
  readonly firstFrame: number
  /** How much later than it should the scene's first word sounds; undefined where nothing is said. */
  readonly soundMs: number | undefined
}

/** Returns how far sound and picture are apart at the start of a scene, and how far either is from where it belongs. */
function syncOf({ film, fps, firstFrame, soundMs }: SceneStart): {
  readonly apartMs: number | null
  readonly worstMs: number
} {
  const pictureMs = ((film.shownS[firstFrame] ?? Number.NaN) - firstFrame / fps) * 1000
  if (soundMs === undefined) return { apartMs: null, worstMs: Math.abs(pictureMs) }
  return {
    apartMs: rounded(soundMs - pictureMs),
    worstMs: Math.max(Math.abs(pictureMs), Math.abs(soundMs - pictureMs)),
  }
}

/**
 * Writes the list that ffmpeg's concat reads; links give it names that need no escapes. The lengths are said to the
 * microsecond: files say theirs to the millisecond, which would add up from scene to scene.
 */
async function concatList(tempDir: string, films: readonly string[], scenes: readonly PlacedScene[]): Promise<string> {
  const lines = ['ffconcat version 1.0']
  for (const [index, film] of films.entries()) {
    const name = `scene-${String(index).padStart(6, '0')}.mp4`
    await symlink(film, join(tempDir, name))
    const [startUs, endUs] = [scenes[index]?.startS ?? 0, scenes[index]?.endS ?? 0].map((atS) => Math.round(atS * 1e6))
    lines.push(`file ${name}`, `duration ${(((endUs ?? 0) - (startUs ?? 0)) / 1e6).toFixed(6)}`)
  }
  const list = join(tempDir, 'scenes.txt')
  await writeFile(list, `${lines.join('\n')}\n`)
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
