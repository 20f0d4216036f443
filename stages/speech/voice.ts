import type { Tool } from 'reprise'
import type { ToolHost } from '../tools/ffmpeg.ts'

export interface SpeakRequest {
  /** Plain text, without marks. */
  readonly text: string
  /** One of the synthesizer's voices; its own choice for the language without. */
  readonly voice: string | undefined
  /** An ISO 639 code. */
  readonly language: string
  /** Times the usual speed. */
  readonly speed: number
  /** The WAV file to write: one channel, 16 bits, any sample rate. */
  readonly wav: string
}

/** A speech synthesizer. */
export interface Voice {
  /** The languages that it speaks; any where absent. */
  readonly languages?: readonly string[]
  readonly tools: readonly Tool[]
  /** Speaks a text into a WAV file; fails the step where it has no such voice. */
  speak(host: Pick<ToolHost, 'exec' | 'fail' | 'tempDir'>, request: SpeakRequest): Promise<void>
}
