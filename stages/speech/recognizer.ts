import type { Tool } from 'reprise'
import type { ToolHost } from '../tools/ffmpeg.ts'
import type { Utterance } from './transcript.ts'

export interface RecognizeRequest {
  /** A 16 kHz mono WAV file, its name ending with `.wav`. */
  readonly audio: string
  readonly durationS: number
  /** ISO 639-1, or 639-3 where there is none. */
  readonly language: string
}

/** A program that turns speech into words. */
export interface Recognizer {
  /** The languages that it has a model for. */
  readonly languages: readonly string[]
  /** The programs that it runs, with the model of a language. */
  tools(language: string): readonly Tool[]
  /** Returns what is said, in order; empty where nothing is. */
  recognize(host: ToolHost, request: RecognizeRequest): Promise<readonly Utterance[]>
}
