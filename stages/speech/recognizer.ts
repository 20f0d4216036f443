import type { Tool } from 'reprise'
import type { ToolHost } from '../tools/ffmpeg.ts'
import type { Utterance } from './transcript.ts'

/** What a recognizer is to use. */
export interface RecognizerSettings {
  /** ISO 639-1, or 639-3 where there is none. */
  readonly language: string
  /** The name of a model that Reprise installs, for recognizers that need one. */
  readonly model?: string | undefined
  /** What finds where somebody speaks, for recognizers that are given only that. */
  readonly detector?: string | undefined
}

export interface RecognizeRequest extends RecognizerSettings {
  /** A 16 kHz mono WAV file, its name ending with `.wav`. */
  readonly audio: string
  readonly durationS: number
}

/** A program that turns speech into words. */
export interface Recognizer {
  /** The programs that it runs, with their models. */
  tools(settings: RecognizerSettings): readonly Tool[]
  /** Returns what is said, in order; empty where nothing is. */
  recognize(host: ToolHost, request: RecognizeRequest): Promise<readonly Utterance[]>
}
