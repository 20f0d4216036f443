import type { Tool } from 'reprise'
import type { ToolHost } from '../../tools/ffmpeg.ts'

export interface SpeakRequest {
  /** What is spoken, a sentence or a clause at a time: plain text without marks. */
  readonly pieces: readonly SpokenPiece[]
  /** One of the synthesizer's voices; its own choice for the language without. */
  readonly voice: string | undefined
  /** An ISO 639 code. */
  readonly language: string
  /** Times the usual speed. */
  readonly speed: number
}

export interface SpokenPiece {
  readonly text: string
  /** The WAV file to write: one channel, 16 bits, any sample rate. */
  readonly wav: string
}

/** What a synthesizer needs of the context of a stage. */
export type VoiceHost = Pick<ToolHost, 'exec' | 'ask' | 'fail' | 'tempDir' | 'progress'>

/** A speech synthesizer. */
export interface Voice {
  /** The programs that it runs, with their models. */
  tools(): readonly Tool[]
  /** Speaks each piece into its WAV file; fails the step where it has no such voice. */
  speak(host: VoiceHost, request: SpeakRequest): Promise<void>
}
