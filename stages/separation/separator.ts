import type { Device, Tool } from 'reprise'
import type { ToolHost } from '../tools/ffmpeg.ts'

/** What a program that separates is asked for. */
export interface SeparateRequest {
  /** A WAV file of two channels at 44.1 kHz. */
  readonly sound: string
  readonly lengthS: number
  /** Where the voices and the rest go, as WAV files of the same form. */
  readonly voices: string
  readonly rest: string
  readonly device: Device
  readonly settings: SeparatorSettings
}

/** What of demucs can be chosen; part of the key. */
export interface SeparatorSettings {
  readonly model: string
  readonly shifts: number
  readonly seed: number
  readonly segmentS?: number | undefined
}

/** A program that separates voices from the rest. */
export interface Separator {
  tools(settings: SeparatorSettings): readonly Tool[]
  separate(host: ToolHost, request: SeparateRequest): Promise<void>
}
