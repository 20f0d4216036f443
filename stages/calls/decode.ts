import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { missingBytes, saysCutOff } from '../media/cut-off.ts'
import { stereoFilter } from '../media/mono.ts'
import { aLawTable, muLawTable } from '../sound/g711.ts'
import { soundHeaderBytes, writeSoundHeader } from '../sound/sound-file.ts'
import { mendedWavStart, readWavHead, type WavHead } from '../sound/wav-head.ts'
import { anyExitCode, bitexactArgs, fileUrl, globalArgs, inputArgs, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, parseProbe, probeArgs, unreadable } from '../tools/ffprobe.ts'
import type { Recording } from './results/recording.ts'

/** Telephones have 8 kHz or, in wideband, 16 kHz; sound of more is brought down to the second. */
export const [narrowHz, wideHz] = [8000, 16_000] as const

export interface DecodeRequest {
  readonly path: string
  /** The extension of the file's name, in small letters; what raw sound is, nothing else says. */
  readonly extension: string
  readonly output: string
}

/** A recording that cannot be used, and why. */
export interface Broken {
  readonly problem: string
}

/** What recorders write without any head, by extension: ffmpeg's name of the format, and its rate. */
const rawFormats: Readonly<Record<string, { readonly format: string; readonly hz: number }>> = {
  ulaw: { format: 'mulaw', hz: narrowHz },
  ul: { format: 'mulaw', hz: narrowHz },
  pcmu: { format: 'mulaw', hz: narrowHz },
  alaw: { format: 'alaw', hz: narrowHz },
  al: { format: 'alaw', hz: narrowHz },
  pcma: { format: 'alaw', hz: narrowHz },
  sln: { format: 's16le', hz: narrowHz },
  sln16: { format: 's16le', hz: wideHz },
  gsm: { format: 'gsm', hz: narrowHz },
  g722: { format: 'g722', hz: wideHz },
}

/** Reads a recording, and writes its sound as 16 bits at 8 or 16 kHz. */
export async function decode(host: ToolHost, request: DecodeRequest): Promise<Recording | Broken> {
  const file = await open(request.path)
  try {
    if ((await file.stat()).size === 0) return { problem: 'the file is empty' }
    const found = await readWavHead(file)
    if (found.kind === 'broken') return { problem: `it is a WAV file, but ${found.why}` }
    if (found.kind === 'wav') return await decodeWav(host, request, file, found.head)
  } finally {
    await file.close()
  }
  const raw = rawFormats[request.extension]
  if (raw !== undefined) return await decodeRaw(host, request, raw)
  const { exitCode, stdout, stderrTail } = await host.exec(ffprobe, probeArgs(request.path), { okExitCodes: [0, 1] })
  const media = exitCode === 0 ? parseProbe(stdout) : undefined
  if (media === undefined) return { problem: reasonOf(unreadable('recording', stderrTail, request.path)) }
  const stream = media.streams.find(({ kind }) => kind === 'audio')
  if (stream === undefined) return { problem: 'there is no sound in it' }
  return await decodeMedia(host, request, {
    container: media.format.split(',')[0] ?? media.format,
    codec: stream.codec,
    sampleRateHz: stream.sampleRateHz,
    channels: stream.channels,
    durationS: media.durationS,
  })
}

/** What is said to a person who passed one file says the same of one of many, without its name. */
function reasonOf(message: string): string {
  return message.replace(/^the input 'recording' /, 'it ').replace(/: (?:pass a video or audio file|get it again)$/, '')
}

interface Declared extends Pick<Recording, 'container' | 'codec' | 'sampleRateHz' | 'channels'> {
  readonly durationS: number | undefined
  readonly input?: readonly string[]
  readonly mended?: readonly string[]
}

async function decodeRaw(
  host: ToolHost,
  request: DecodeRequest,
  { format, hz }: { readonly format: string; readonly hz: number },
): Promise<Recording | Broken> {
  const rate = ['gsm', 'g722'].includes(format) ? [] : ['-ar', String(hz), '-ac', '1']
  const input = ['-protocol_whitelist', 'file', '-f', format, ...rate, '-i', fileUrl(request.path)]
  const sound = { container: 'raw', codec: format, sampleRateHz: hz, channels: 1, durationS: undefined }
  return await decodeMedia(host, request, { ...sound, input })
}

/** Decodes with ffmpeg, which goes on after what is damaged as far as it can. */
async function decodeMedia(host: ToolHost, request: DecodeRequest, declared: Declared): Promise<Recording | Broken> {
  const { path, output } = request
  const hz = soundHz(declared.sampleRateHz)
  const channels = declared.channels >= 2 ? 2 : 1
  const complaints: string[] = []
  const args = [
    ...globalArgs(),
    ...(declared.input ?? inputArgs(path)),
    ...['-map', '0:a:0', '-map_metadata', '-1'],
    ...(declared.channels > 2 ? ['-af', stereoFilter(declared)] : []),
    ...['-ac', String(channels), '-ar', String(hz), '-c:a', 'pcm_s16le'],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(output)],
  ]
  const { exitCode } = await runFfmpeg(
    host,
    args,
    { lengthS: declared.durationS ?? 0 },
    { okExitCodes: anyExitCode, onStderrLine: (line) => complaints.push(line) },
  )
  const frames = Math.floor(((await sizeOf(output)) - soundHeaderBytes) / 2 / channels)
  if (frames <= 0) {
    const said = complaints.at(-1)?.replaceAll(fileUrl(path), 'it') ?? `ffmpeg exited with code ${exitCode}`
    return { problem: `no sound could be decoded (ffmpeg: ${said})` }
  }
  const mended = [...(declared.mended ?? []), ...(await damageOf(request, complaints))]
  const { container, codec, sampleRateHz } = declared
  const durationS = frames / hz
  const sound = { sampleRateHz: hz, channels, frames }
  return { container, codec, sampleRateHz, channels: declared.channels, durationS, sound, mended }
}

async function damageOf({ path }: DecodeRequest, complaints: readonly string[]): Promise<readonly string[]> {
  const missing = await missingBytes(path)
  const damaged = complaints.filter((line) => /error|invalid|corrupt|missing/i.test(line)).length
  return [
    ...(missing === undefined && !complaints.some(saysCutOff)
      ? []
      : [`it is cut off${missing === undefined ? '' : `: ${missing}`}`]),
    ...(damaged === 0 ? [] : [`${damaged === 1 ? 'one place is' : `${damaged} places are`} damaged`]),
  ]
}

/** Returns the sample rate that sound is handed on in. */
function soundHz(sampleRateHz: number): number {
  return sampleRateHz <= narrowHz ? narrowHz : wideHz
}

const wavCodecs: Readonly<Record<number, string>> = {
  1: 'pcm',
  3: 'float',
  6: 'alaw',
  7: 'ulaw',
  17: 'ima-adpcm',
  49: 'gsm',
}

/** Most calls are of the formats that need no program: they are read here, without starting one for each file. */
async function decodeWav(
  host: ToolHost,
  request: DecodeRequest,
  file: FileHandle,
  head: WavHead,
): Promise<Recording | Broken> {
  const { tag, bits, channels, sampleRateHz, dataAt, dataBytes, mended } = head
  const codec = wavCodecs[tag] ?? `format ${tag}`
  const width = tag === 1 && bits === 16 ? 2 : (tag === 6 || tag === 7) && bits === 8 ? 1 : undefined
  if (width === undefined || channels > 2 || sampleRateHz !== soundHz(sampleRateHz)) {
    const declared = { container: 'wav', codec, sampleRateHz, channels, durationS: undefined, mended }
    if (mended.length === 0) return await decodeMedia(host, request, declared)
    const path = join(host.tempDir, 'mended.wav')
    await writeMended(file, head, path)
    return await decodeMedia(host, { ...request, path }, declared)
  }
  const frames = dataBytes / (width * channels)
  const sound = { sampleRateHz, channels, frames }
  const output = await open(request.output, 'w')
  try {
    await writeSoundHeader(output, sound)
    const table = tag === 6 ? aLawTable() : muLawTable()
    const bytes = createReadStream(request.path, { start: dataAt, end: dataAt + dataBytes - 1, highWaterMark: 1 << 18 })
    for await (const chunk of bytes) {
      if (!Buffer.isBuffer(chunk)) continue
      const samples = width === 2 ? chunk : Buffer.from(Int16Array.from(chunk, (code) => table[code] ?? 0).buffer)
      await output.writeFile(samples)
    }
  } finally {
    await output.close()
  }
  return {
    container: 'wav',
    codec,
    sampleRateHz,
    channels,
    durationS: frames / sampleRateHz,
    sound,
    mended: [...mended],
  }
}

/** Writes a copy of a WAV file whose head says the truth. */
async function writeMended(file: FileHandle, head: WavHead, path: string): Promise<void> {
  const format = Buffer.alloc(head.formatBytes)
  await file.read(format, 0, format.length, head.formatAt)
  format.writeUInt16LE(head.blockBytes, 12)
  const output = await open(path, 'w')
  try {
    await output.writeFile(mendedWavStart(format, head.dataBytes))
    const block = Buffer.alloc(1 << 20)
    for (let at = 0; at < head.dataBytes; at += block.length) {
      const { bytesRead } = await file.read(block, 0, Math.min(block.length, head.dataBytes - at), head.dataAt + at)
      await output.writeFile(block.subarray(0, bytesRead))
    }
  } finally {
    await output.close()
  }
}

/** Returns the size of a file; 0 where there is none. */
async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
