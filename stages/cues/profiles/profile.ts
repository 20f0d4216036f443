/** A number for each language that has its own, by ISO 639-1 code, and one for all others. */
export type ByLanguage = Readonly<Record<string, number>> & { readonly other: number }

/** The rules of a house for the subtitles that it takes. */
export interface HouseProfile {
  readonly title: string
  /** Where the numbers come from. */
  readonly source: string
  /** Longest line, in characters. */
  readonly maxLineChars: ByLanguage
  /** Most lines shown at once. */
  readonly maxLines: number
  /** Reading speed, in characters a second, spaces included. */
  readonly charsPerSecond: ByLanguage
  /** Shortest and longest time that a cue is shown, in seconds. */
  readonly minCueS: ByLanguage
  readonly maxCueS: number
  /** Least pause between two cues, in seconds. */
  readonly cueGapS: number
  /** A pause shorter than this, in seconds, is shortened to `cueGapS`: it would only flicker. */
  readonly closeGapS: number
  /** Whether cues that begin or end near a change of shot are moved to it. */
  readonly snapsToShots: boolean
  /** How a change of speaker is marked, where speakers are told apart: by this before the text, or by a name. */
  readonly speakers: '-' | '- ' | 'label'
}
