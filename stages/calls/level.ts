import * as z from 'zod/mini'
import { limiterFilters } from '../media/limiter.ts'
import { type Loudness, LoudnessReader, measureLoudness } from '../media/loudness.ts'
import { described, schema, type ValueOf } from '../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'

/** Returns the params of loudness. */
export function levelParams() {
  return {
    loudnessLufs: described(
      z._default(z.number().check(z.gte(-40), z.lte(-8)), -23),
      'integrated loudness of each call and of the mix, in LUFS: -23 as EBU R 128 has it; -16 for phones needs dynamic=true',
    ),
    truePeakDb: described(z._default(z.number().check(z.gte(-9), z.lte(0)), -1), 'highest true peak, in dBTP'),
    maxGainDb: described(
      z._default(z.number().check(z.gte(0), z.lte(60)), 40),
      'the most that a recording is made louder, in dB: noise becomes louder, too',
    ),
    dynamic: described(
      z._default(z.boolean(), false),
      'limit the peaks where they keep a call from its loudness; otherwise it stays quieter, and the report says so',
    ),
  }
}
export const LevelParams = schema(() => z.object(levelParams()))
export type LevelParams = ValueOf<typeof LevelParams>

/** How loud sound was, what was done to it, and how loud it is in the encoded file. */
export const Level = schema(() => {
  const loudness = z.object({ integratedLufs: z.nullable(z.number()), truePeakDb: z.nullable(z.number()) })
  return z.object({
    targetLufs: z.number(),
    before: loudness,
    after: loudness,
    gainDb: z.number(),
    mode: z.enum(['linear', 'dynamic']),
    /** Why the target is not reached; absent where it is. */
    limitedBy: z.optional(z.enum(['peak', 'gain', 'silence'])),
    /** How loud each side of a call was, and how much louder it was made to be like the other. */
    sides: z.optional(z.array(z.object({ integratedLufs: z.nullable(z.number()), gainDb: z.number() }))),
  })
})
export type Level = ValueOf<typeof Level>

/** How near to the target an encoded file has to be, in LU. */
export const toleranceLu = 0.2
const aimLu = 0.1
const rounds = 5

export interface LevelRequest {
  /** A WAV file. */
  readonly wav: string
  /** How loud that is. */
  readonly before: Loudness
  readonly output: string
  readonly sampleRateHz: number
  /** How many samples each channel has in the end: a change of the sample rate is not exact by itself. */
  readonly frames: number
  /** The codec and the container. */
  readonly codec: readonly string[]
  /** Whether what is decoded is what was encoded. */
  readonly isLossless: boolean
  /** More inputs and maps, such as chapters. */
  readonly more?: readonly string[]
  readonly params: LevelParams
}

/**
 * Encodes sound at a loudness, by one gain for all of it. It is measured after encoding, and encoded again until it is
 * right. Only where `dynamic` is asked for are its peaks limited.
 */
export async function encodeAtLoudness(host: Pick<ToolHost, 'exec'>, request: LevelRequest): Promise<Level> {
  const { params, before } = request
  const { loudnessLufs: target, truePeakDb: highest, maxGainDb } = params
  let limitedBy: Level['limitedBy']
  let gainDb = target - before.integratedLufs
  let ceilingDb: number | undefined
  if (!Number.isFinite(before.integratedLufs))
    [gainDb, limitedBy] = [Math.min(0, highest - before.truePeakDb), 'silence']
  if (gainDb > maxGainDb) [gainDb, limitedBy] = [maxGainDb, 'gain']
  if (before.truePeakDb + gainDb > highest) {
    if (params.dynamic) ceilingDb = highest - (request.isLossless ? 0.1 : 0.5)
    else [gainDb, limitedBy] = [highest - before.truePeakDb, 'peak']
  }
  for (let round = 1; ; round++) {
    const after = await encode(host, request, { gainDb, ceilingDb })
    const over = after.truePeakDb - highest
    const missing = target - after.integratedLufs
    const isDone = over <= 0 && (limitedBy !== undefined || Math.abs(missing) <= aimLu)
    if (isDone || round === rounds) {
      const mode = ceilingDb === undefined ? 'linear' : 'dynamic'
      if (limitedBy === undefined && Math.abs(missing) > toleranceLu) limitedBy = 'peak'
      const level = {
        targetLufs: target,
        before: told(before),
        after: told(after),
        gainDb: rounded(gainDb),
        mode,
      } as const
      return limitedBy === undefined ? level : { ...level, limitedBy }
    }
    if (over > 0 && ceilingDb !== undefined) ceilingDb -= over + 0.1
    else if (over > 0) {
      gainDb -= over + 0.02
      // A little less than the target, which an encoder's peaks may ask for, is still the target.
      limitedBy ??= target - after.integratedLufs + over > aimLu ? 'peak' : undefined
    } else gainDb = Math.min(maxGainDb, gainDb + missing)
  }
}

interface Gain {
  readonly gainDb: number
  readonly ceilingDb: number | undefined
}

async function encode(host: Pick<ToolHost, 'exec'>, request: LevelRequest, gain: Gain): Promise<Loudness> {
  const reader = new LoudnessReader()
  const onStderrLine = (line: string) => reader.line(line)
  await host.exec(ffmpeg, encodeArgs(request, gain), { onStderrLine })
  return request.isLossless ? reader.loudness : await measureLoudness(host, request.output)
}

/** Returns ffmpeg's arguments. Of a lossless codec, what is measured on its way to the encoder is what will be heard. */
function encodeArgs(request: LevelRequest, { gainDb, ceilingDb }: Gain): string[] {
  const { wav, output, sampleRateHz, frames, codec, isLossless, more = [] } = request
  const filters = [
    `volume=${gainDb.toFixed(3)}dB:precision=double`,
    ...(ceilingDb === undefined ? [`aresample=${sampleRateHz}`] : limiterFilters(ceilingDb, sampleRateHz)),
    ...[`apad=whole_len=${frames}`, `atrim=end_sample=${frames}`],
    ...(isLossless ? ['aformat=sample_fmts=s16'] : []),
  ]
  const graph = isLossless
    ? `[0:a]${filters.join(',')},asplit[out][heard];[heard]ebur128=peak=true:framelog=verbose[measured]`
    : `[0:a]${filters.join(',')}[out]`
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info', '-y'],
    ...inputArgs(wav, { format: 'wav' }),
    ...more,
    ...['-filter_complex', graph, '-map', '[out]', ...codec],
    ...bitexactArgs(),
    fileUrl(output),
    ...(isLossless ? ['-map', '[measured]', '-f', 'null', '-'] : []),
  ]
}

function told({ integratedLufs, truePeakDb }: Loudness): Level['before'] {
  return { integratedLufs: finite(tenths(integratedLufs)), truePeakDb: finite(tenths(truePeakDb)) }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

/** Returns what is wrong with a level that should be at its target. */
export function levelProblems(level: Level, { truePeakDb }: Pick<LevelParams, 'truePeakDb'>) {
  const { after, targetLufs, limitedBy } = level
  const problems: { message: string; expected: string; found: string }[] = []
  if (limitedBy === undefined && Math.abs((after.integratedLufs ?? -99) - targetLufs) > toleranceLu) {
    const expected = `${targetLufs} LUFS, give or take ${toleranceLu} LU`
    problems.push({ message: 'it is not as loud as asked', expected, found: `${after.integratedLufs} LUFS` })
  }
  if (after.truePeakDb !== null && after.truePeakDb > truePeakDb + 0.05) {
    problems.push({
      message: 'its peaks are too high',
      expected: `${truePeakDb} dBTP`,
      found: `${after.truePeakDb} dBTP`,
    })
  }
  return problems
}
