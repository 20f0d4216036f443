import type { ReadMarkup } from '../styled/read-markup.ts'

/** A time that is written in a subtitle file: where, and which. */
export interface TimeToken {
  readonly from: number
  readonly to: number
  readonly ms: number
}

/** A cue where it stands in a file. Positions are in characters, `to` after the last. */
export interface PlacedCue {
  /** What goes with the cue if it is left out. */
  readonly from: number
  readonly to: number
  readonly start: TimeToken
  readonly end: TimeToken
  /** Times inside of the text, as karaoke has them. */
  readonly inner: readonly TimeToken[]
  /** What is read, without styling. */
  readonly text: string
  /** The same with its styling. */
  readonly markup: ReadMarkup
  /** Whether players show it: a comment of ASS has times, too. */
  readonly isShown: boolean
}

/** The cues of a file, or what is wrong with it. */
export type FoundCues =
  | { readonly ok: true; readonly value: readonly PlacedCue[] }
  | { readonly ok: false; readonly error: string }
