import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'
import { type Loudness, measureLoudness } from './loudness.ts'

export interface LoudnessTarget {
  readonly integratedLufs: number
  readonly truePeakDb: number
}

/** A sound track as it was encoded. */
export interface SoundTrack extends Loudness {
  /** What had to be done to the peaks to reach the loudness. */
  readonly limited: boolean
}

const rounds = 5
/** The same sound on two channels counts twice (ITU-R BS.1770). */
const stereoLu = 3.01
const toleranceLu = 0.1
/** An encoder changes peaks: so much is left for it, in dB. */
const encoderMarginDb = 0.6

/**
 * Encodes a sound track of one channel, on two, or of two channels, at a loudness: it is measured after encoding, and encoded again until it is right. Where the
 * peaks do not let it be as loud, they are limited, at four times the sample rate as true peaks are measured.
 */
export async function encodeSoundTrack(
  host: Pick<ToolHost, 'exec'>,
  {
    wav,
    output,
    target,
    isStereo = false,
  }: { readonly wav: string; readonly output: string; readonly target: LoudnessTarget; readonly isStereo?: boolean },
): Promise<SoundTrack> {
  const source = await measureLoudness(host, wav)
  const isAudible = Number.isFinite(source.integratedLufs)
  let gainDb = isAudible ? target.integratedLufs - source.integratedLufs - (isStereo ? 0 : stereoLu) : 0
  let ceilingDb = target.truePeakDb - encoderMarginDb
  let made: SoundTrack | undefined
  for (let round = 0; round < rounds; round++) {
    const limited = source.truePeakDb + gainDb > ceilingDb
    await host.exec(ffmpeg, encodeArgs(wav, output, { isStereo, gainDb, ...(limited ? { ceilingDb } : {}) }))
    made = { ...(await measureLoudness(host, output)), limited }
    if (!Number.isFinite(made.integratedLufs)) return made
    const missing = target.integratedLufs - made.integratedLufs
    const over = made.truePeakDb - target.truePeakDb
    if (Math.abs(missing) <= toleranceLu && over <= 0) return made
    gainDb += missing
    if (over > 0) ceilingDb -= over + 0.1
  }
  return made ?? { ...source, limited: false }
}

/** Returns the filters that hold true peaks below a ceiling: at four times the sample rate, as they are measured. */
export function limiterFilters(ceilingDb: number, sampleRateHz: number): readonly string[] {
  const limit = (10 ** (ceilingDb / 20)).toFixed(6)
  return ['aresample=192000', `alimiter=limit=${limit}:level=false:attack=3:release=60`, `aresample=${sampleRateHz}`]
}

function encodeArgs(
  wav: string,
  output: string,
  { isStereo, gainDb, ceilingDb }: { isStereo: boolean; gainDb: number; ceilingDb?: number },
): string[] {
  const limiter = ceilingDb === undefined ? [] : limiterFilters(ceilingDb, 48_000)
  return [
    ...globalArgs(),
    ...inputArgs(wav, { format: 'wav' }),
    ...[
      '-af',
      [...(isStereo ? [] : ['pan=stereo|c0=c0|c1=c0']), `volume=${gainDb.toFixed(3)}dB`, ...limiter].join(','),
    ],
    ...['-c:a', 'aac', '-b:a', '192k', '-map_metadata', '-1'],
    ...bitexactArgs(),
    ...['-f', 'mp4', fileUrl(output)],
  ]
}
