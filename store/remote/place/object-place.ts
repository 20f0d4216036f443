import type { CallOptions, TransferOptions } from '../../contract/cache-store.ts'
import type { Result } from '../../contract/result.ts'

/** What is known of an object without its bytes. */
export interface ObjectFacts {
  readonly sizeBytes: number
  /** Milliseconds since 1970, by the clock of the place; absent where the place does not tell. */
  readonly modifiedMs?: number
}

/** Why a place did not do what it was asked. The reason is for a person and holds no credentials. */
export interface PlaceFailure {
  /**
   * `unavailable`: it cannot be reached, or does not answer as such a place does. `broken`: bytes stopped moving, and
   * asking again may help. `refused`: it does not let us. `full`: it has no room.
   */
  readonly kind: 'unavailable' | 'broken' | 'refused' | 'full'
  readonly reason: string
}

/** What is written: bytes, or a part of a file that does not change meanwhile. */
export type ObjectSource = { readonly bytes: Uint8Array } | { readonly path: string; readonly sizeBytes: number }

export interface ReadOptions extends CallOptions {
  /** The first byte that is wanted. */
  readonly from?: number
  /** How many bytes are wanted at the most; to the end by default. */
  readonly length?: number
}

export interface WriteOptions extends TransferOptions {
  /**
   * Leaves an object alone that is there, if the place can do so; some cannot, and overwrite. Nothing may depend on it
   * but the number of bytes that are moved.
   */
  readonly onlyNew?: boolean
  /** Objects that are of use as long as this one is, for a place that keeps what is used together. */
  readonly needs?: readonly string[]
}

/** Something that a place says of itself, and whether it serves. */
export interface PlaceFact {
  readonly what: string
  readonly ok: boolean
  readonly found: string
}

/** Takes a piece of an object; the memory belongs to the reader. What it throws ends the reading, and is thrown on. */
export type TakePiece = (piece: Uint8Array) => void | Promise<void>

/**
 * A place of named byte strings: a shared directory, a web server, a bucket. It is never trusted: whoever reads an object
 * checks it. Names are relative paths of plain letters. Calls that are aborted reject with the signal's reason.
 */
export interface ObjectPlace {
  /** How the place is called in messages: its address without credentials. */
  readonly name: string
  /** How many requests are worth making at once. */
  readonly atOnce: number
  /** Returns what is known of an object, or undefined where there is none. */
  stat(path: string, options?: CallOptions): Promise<Result<ObjectFacts | undefined, PlaceFailure>>
  /**
   * Passes an object's bytes to `take`, in order, from `from` on. `absent` where there is none, or nothing from there on.
   * A success means that the place said that these were all; after a failure `take` has some of them.
   */
  read(path: string, take: TakePiece, options?: ReadOptions): Promise<Result<'read' | 'absent', PlaceFailure>>
  /** Writes a whole object. Others see all of it or nothing, and when this succeeds it is durable. */
  write(
    path: string,
    source: ObjectSource,
    options?: WriteOptions,
  ): Promise<Result<'written' | 'was-there', PlaceFailure>>
  /** Makes an object as new as if it were written now; `absent` where there is none. */
  touch(path: string, options?: CallOptions): Promise<Result<'touched' | 'absent', PlaceFailure>>
  /** What a person may want to know of the place who tries it. */
  about?(options?: CallOptions): Promise<Result<readonly PlaceFact[], PlaceFailure>>
}

/** Returns a whole object of at most `bytesMax` bytes; `too-large` where it has more, `absent` where there is none. */
export async function readObject(
  place: ObjectPlace,
  path: string,
  bytesMax: number,
  options: ReadOptions = {},
): Promise<Result<Uint8Array | 'absent' | 'too-large', PlaceFailure>> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  const take = (piece: Uint8Array) => {
    sizeBytes += piece.byteLength
    if (sizeBytes > bytesMax) throw new TooLarge()
    pieces.push(Buffer.from(piece))
  }
  try {
    const read = await place.read(path, take, options)
    if (!read.ok) return read
    return { ok: true, value: read.value === 'absent' ? 'absent' : Buffer.concat(pieces) }
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    return { ok: true, value: 'too-large' }
  }
}

class TooLarge extends Error {}
