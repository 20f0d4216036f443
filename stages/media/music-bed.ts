import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, secondsArg, type ToolHost } from '../tools/ffmpeg.ts'
import { measureLoudness } from './loudness.ts'
import { wavHeader, wavSamples } from './wav.ts'

/** When somebody speaks, in seconds. */
export interface SpokenSpan {
  readonly startS: number
  readonly endS: number
}

export interface MusicRequest {
  /** A WAV file of one channel at 48 kHz. */
  readonly voice: string
  readonly music: string
  readonly durationS: number
  /** In order. */
  readonly spoken: readonly SpokenSpan[]
  /** How many LU the music is below the voice while somebody speaks. */
  readonly underLu: number
  /** How many LU louder it is where nobody does. */
  readonly riseLu: number
  /** The WAV file to write: two channels at 48 kHz. */
  readonly output: string
}

export interface MusicBed {
  /** How many LU the music is below the voice where somebody speaks, as measured. */
  readonly underLu: number
  /** How often the music begins anew. */
  readonly loops: number
}

/** Music that is shorter cannot be looped without being heard as a noise. */
const shortestS = 2
const crossfadeS = 2
/** In a shorter pause the music stays low: it would pump. */
const shortestPauseS = 1.2
const fall = { beforeS: 0.35, lengthS: 0.3 }
const riseS = 0.7
const fadeInS = 0.6
const fadeOutS = 2
/** Changes of the level are slow, so that a thousand values a second hold them. */
const envelopeHz = 1000

/**
 * Puts music under a voice. It is looped with crossfades, or fades out where the film ends; its level falls before somebody
 * speaks, and rises where nobody does for a while. Times are those of the speech, so that nothing has to be detected.
 */
export async function mixMusic(
  host: Pick<ToolHost, 'exec' | 'fail' | 'tempDir'>,
  request: MusicRequest,
): Promise<MusicBed> {
  const { voice, durationS, spoken, underLu, riseLu, output } = request
  const { bed, loops } = await bedOf(host, request)
  const [said, played] = [await measureLoudness(host, voice), await measureLoudness(host, bed)]
  if (!Number.isFinite(played.integratedLufs)) return host.fail("the input 'music' is silent")
  // The voice is on both channels, and so counts twice (ITU-R BS.1770). Without a voice, the music is all there is.
  const voiceLufs = Number.isFinite(said.integratedLufs) ? said.integratedLufs + 3.01 : played.integratedLufs
  const gainDb = voiceLufs - underLu + riseLu - played.integratedLufs
  const envelope = join(host.tempDir, 'envelope.wav')
  await writeEnvelope(envelope, { durationS, spoken, riseLu })
  const graph = [
    `[1:a]volume=${gainDb.toFixed(3)}dB[loud]`,
    '[2:a]aresample=48000,pan=stereo|c0=c0|c1=c0[level]',
    '[loud][level]amultiply[low]',
    '[0:a]pan=stereo|c0=c0|c1=c0[said]',
    '[said][low]amix=inputs=2:duration=first:dropout_transition=0:normalize=0,volume=0.5[out]',
  ]
  const inputs = [voice, bed, envelope].flatMap((path) => inputArgs(path, { format: 'wav' }))
  await host.exec(ffmpeg, [
    ...globalArgs(),
    ...inputs,
    '-filter_complex',
    graph.join(';'),
    '-map',
    '[out]',
    ...wavArgs(output),
  ])
  return { underLu: Math.round(100 * (voiceLufs - (played.integratedLufs + gainDb - riseLu))) / 100, loops }
}

/** Writes the music as long as the film. */
async function bedOf(host: Pick<ToolHost, 'exec' | 'fail' | 'tempDir'>, { music, durationS }: MusicRequest) {
  const whole = join(host.tempDir, 'music.wav')
  const decode = [
    '-map',
    '0:a:0',
    '-af',
    'aformat=channel_layouts=stereo,aresample=48000:async=1:first_pts=0',
    '-t',
    secondsArg(durationS),
  ]
  const { exitCode } = await host.exec(ffmpeg, [...globalArgs(), ...inputArgs(music), ...decode, ...wavArgs(whole)], {
    okExitCodes: [0, 1, 69, 183, 234],
  })
  const lengthS = exitCode === 0 ? await lengthOf(whole) : 0
  if (exitCode !== 0 || lengthS === 0) return host.fail("the input 'music' has no sound that can be decoded")
  if (lengthS >= durationS - 0.01) return { bed: whole, loops: 0 }
  if (lengthS < shortestS)
    return host.fail(`the input 'music' lasts ${lengthS.toFixed(1)} s: it must last ${shortestS} s to be looped`)
  const overlapS = Math.min(crossfadeS, lengthS / 4)
  const [from, to] = [secondsArg(overlapS), secondsArg(lengthS - overlapS)]
  // What is repeated begins with the end of the music fading into its start.
  const unit = join(host.tempDir, 'loop.wav')
  const graph = [
    '[0:a]asplit=3[a][b][c]',
    `[a]atrim=start=${to},asetpts=N/SR/TB[tail]`,
    `[b]atrim=end=${from},asetpts=N/SR/TB[head]`,
    `[c]atrim=start=${from}:end=${to},asetpts=N/SR/TB[body]`,
    `[tail][head]acrossfade=d=${from}:c1=qsin:c2=qsin[seam]`,
    '[seam][body]concat=n=2:v=0:a=1[out]',
  ]
  const read = inputArgs(whole, { format: 'wav' })
  await host.exec(ffmpeg, [
    ...globalArgs(),
    ...read,
    '-filter_complex',
    graph.join(';'),
    '-map',
    '[out]',
    ...wavArgs(unit),
  ])
  const bed = join(host.tempDir, 'bed.wav')
  const joined = `[0:a]atrim=end=${to}[first];[first][1:a]concat=n=2:v=0:a=1,atrim=end=${secondsArg(durationS)}[out]`
  const looped = ['-stream_loop', '-1', ...inputArgs(unit, { format: 'wav' })]
  await host.exec(ffmpeg, [
    ...globalArgs(),
    ...read,
    ...looped,
    '-filter_complex',
    joined,
    '-map',
    '[out]',
    ...wavArgs(bed),
  ])
  return { bed, loops: Math.ceil((durationS - (lengthS - overlapS)) / (lengthS - overlapS)) }
}

function wavArgs(path: string): string[] {
  return ['-map_metadata', '-1', '-ar', '48000', '-c:a', 'pcm_s16le', ...bitexactArgs(), '-f', 'wav', fileUrl(path)]
}

async function lengthOf(wav: string): Promise<number> {
  const file = await open(wav)
  try {
    const { size } = await file.stat()
    return Math.max(0, size - 44) / 4 / 48_000
  } finally {
    await file.close()
  }
}

/** Writes by how much music is louder or softer at each moment, as a sound: 1 where nobody speaks. */
async function writeEnvelope(
  path: string,
  { durationS, spoken, riseLu }: Pick<MusicRequest, 'durationS' | 'spoken' | 'riseLu'>,
): Promise<void> {
  const file = await open(path, 'w')
  try {
    const count = Math.ceil((durationS + 1) * envelopeHz)
    await file.writeFile(wavHeader(envelopeHz, count))
    const levelAt = musicLevel({ durationS, spoken, riseLu })
    for (let from = 0; from < count; from += 60_000) {
      const some = Int16Array.from({ length: Math.min(60_000, count - from) }, (_, at) =>
        Math.round(32_767 * levelAt((from + at) / envelopeHz)),
      )
      await file.writeFile(wavSamples(some))
    }
  } finally {
    await file.close()
  }
}

/** Returns the level of music at a time, from 0 to 1; times have to be asked for in order. */
export function musicLevel({
  durationS,
  spoken,
  riseLu,
}: Pick<MusicRequest, 'durationS' | 'spoken' | 'riseLu'>): (atS: number) => number {
  const low = 10 ** (-riseLu / 20)
  const spans: { startS: number; endS: number }[] = []
  for (const { startS, endS } of spoken) {
    const last = spans.at(-1)
    if (last !== undefined && startS - last.endS < shortestPauseS) last.endS = endS
    else spans.push({ startS, endS })
  }
  let next = 0
  return (atS) => {
    while (next < spans.length && atS >= (spans[next]?.endS ?? 0) + riseS) next += 1
    const span = spans[next]
    let open = 1
    if (span !== undefined) {
      const fallen = (span.startS - fall.beforeS + fall.lengthS - atS) / fall.lengthS
      const risen = (atS - span.endS) / riseS
      open = Math.max(0, Math.min(1, atS > span.endS ? risen : fallen))
    }
    const edges = Math.max(0, Math.min(1, atS / fadeInS, (durationS - atS) / fadeOutS))
    return (low + (1 - low) * open) * edges
  }
}
