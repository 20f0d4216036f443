import type { Tool } from 'reprise'
import type { ToolHost } from '../tools/ffmpeg.ts'

export interface TranslateRequest {
  /** ISO 639-1, or 639-3 where there is none; `to` likewise. */
  readonly from: string
  readonly to: string
  /** Each is translated by itself. */
  readonly texts: readonly string[]
}

export interface TranslatedTexts {
  /** As many as were given, in their order; an empty one stays empty. */
  readonly texts: readonly string[]
  readonly unknownWords: number
}

/** A program that translates text. */
export interface Translator {
  /** The programs that it runs, with the data of a pair of languages. */
  tools(from: string, to: string): readonly Tool[]
  translate(host: ToolHost, request: TranslateRequest): Promise<TranslatedTexts>
}
