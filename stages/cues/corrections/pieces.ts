import type { Cue } from '../cues.ts'
import { wordsOf } from '../lines.ts'
import type { Correction, Piece } from './corrections.ts'

/** A piece of a track while it is made. */
export interface OpenPiece {
  computed: readonly Cue[]
  shown: readonly Cue[]
  corrections: readonly number[]
}

/** Adds cues in their place in time; between those of a piece, they become part of it. */
export function withAdded(
  pieces: OpenPiece[],
  added: readonly { readonly index: number; readonly cue: Cue }[],
): readonly Piece[] {
  for (const { index, cue } of [...added].sort((a, b) => a.cue.startMs - b.cue.startMs)) {
    const place = pieces.findIndex(({ shown }) => (shown.at(-1)?.startMs ?? -1) > cue.startMs)
    const [piece, before] = [pieces[place], pieces[(place < 0 ? pieces.length : place) - 1]]
    if (piece !== undefined && (piece.shown[0]?.startMs ?? 0) <= cue.startMs) {
      const inside = piece.shown.findIndex(({ startMs }) => startMs > cue.startMs)
      piece.shown = [...piece.shown.slice(0, inside), cue, ...piece.shown.slice(inside)]
      piece.corrections = [...new Set([...piece.corrections, index])]
    } else if (before?.computed.length === 0 && before.corrections.includes(index))
      before.shown = [...before.shown, cue]
    else pieces.splice(place < 0 ? pieces.length : place, 0, { computed: [], shown: [cue], corrections: [index] })
  }
  return pieces
}

/** Returns the words of cues. */
export function textOf(cues: readonly Cue[]): readonly string[] {
  return cues.flatMap(({ lines }) => wordsOf(lines.join(' ')))
}

/** Returns when a correction begins, in milliseconds. */
export function startOf({ base, cues }: Correction): number {
  return (base[0] ?? cues[0])?.startMs ?? 0
}

/** Returns cues that are so much later. */
export function movedBy(cues: readonly Cue[], ms: number): readonly Cue[] {
  return cues.map(({ startMs, endMs, lines }) => ({ startMs: startMs + ms, endMs: endMs + ms, lines }))
}
