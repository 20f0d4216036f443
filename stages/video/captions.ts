import { type Cue, type CueRules, cuesOfTranslation } from '../cues/cues.ts'
import type { SceneTiming } from './script/scene.ts'

/** Two lines that are read in time, as the houses want them. */
const rules: CueRules = { maxLineChars: 42, maxLines: 2, charsPerSecond: 20, minCueS: 1, maxCueS: 7, cueGapS: 0.08 }

/** A scene's place in the film. */
export interface PlacedScene {
  readonly title: string | undefined
  readonly startS: number
  readonly endS: number
  readonly timing: SceneTiming
}

/** Returns the captions of a film, timed by when each piece of the speech sounds. */
export function captionsOf(
  scenes: readonly PlacedScene[],
  { language, vertical }: { language: string; vertical: boolean },
): Cue[] {
  const utterances = scenes.flatMap(({ startS, timing }) =>
    timing.pieces.map(({ text, ...piece }) => ({ text, startS: startS + piece.startS, endS: startS + piece.endS })),
  )
  const durationS = scenes.at(-1)?.endS ?? 0
  return cuesOfTranslation(
    { language, durationS, unknownWords: 0, utterances },
    vertical ? { ...rules, maxLineChars: 24 } : rules,
  )
}

/** YouTube shows chapters from three on, of ten seconds at least, the first from the start. */
const shortestChapterS = 10

export interface Chapter {
  readonly title: string
  readonly startS: number
  readonly endS: number
}

/** Returns the chapters of a film: a scene with a new title begins one, unless the one before would be too short. */
export function chaptersOf(scenes: readonly PlacedScene[], title: string): Chapter[] {
  const starts: { title: string; startS: number }[] = []
  for (const { title: own, startS } of scenes) {
    const last = starts.at(-1)
    if (last === undefined) starts.push({ title: own ?? title, startS: 0 })
    else if (own !== undefined && own !== last.title && startS - last.startS >= shortestChapterS)
      starts.push({ title: own, startS })
  }
  const endS = scenes.at(-1)?.endS ?? 0
  return starts.map((start, index) => ({ ...start, endS: starts[index + 1]?.startS ?? endS }))
}

/** Returns chapters in the form of ffmpeg's metadata files (ffmpeg-formats, "Metadata"). */
export function chapterMetadata(chapters: readonly Chapter[], title: string): string {
  const escaped = (text: string) => text.replace(/[=;#\\\n]/g, (letter) => `\\${letter}`)
  const blocks = chapters.map(
    (chapter) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${Math.round(chapter.startS * 1000)}\nEND=${Math.round(chapter.endS * 1000)}\ntitle=${escaped(chapter.title)}\n`,
  )
  return `;FFMETADATA1\ntitle=${escaped(title)}\n${blocks.join('')}`
}

/** Returns chapters as the lines that video sites read in a description. */
export function chapterText(chapters: readonly Chapter[]): string {
  const clock = (seconds: number) => {
    const whole = Math.floor(seconds)
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
    const short = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`
    return hours > 0 ? `${hours}:${short}` : short
  }
  return `${chapters.map(({ startS, title }) => `${clock(startS)} ${title}`).join('\n')}\n`
}
