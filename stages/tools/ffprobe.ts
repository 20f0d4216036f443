import { defineTool } from 'reprise'
import * as z from 'zod/mini'
import { lazily } from '../schema/lazily.ts'
import { fileUrl, inputSafety, type ToolHost } from './ffmpeg.ts'

/** The program that tells what a media file holds. */
export const ffprobe = defineTool({
  name: 'ffprobe',
  command: 'ffprobe',
  version: { args: ['-version'], parse: (printed) => /^ffprobe version (\S+)/m.exec(printed)?.[1] },
  install: { debian: 'ffmpeg', fedora: 'ffmpeg-free', macos: 'ffmpeg', other: 'https://ffmpeg.org/download.html' },
})

/** One stream of a media file. */
export interface MediaStream {
  readonly index: number
  readonly kind: string
  /** `unknown` where ffmpeg does not know it. */
  readonly codec: string
  /** 0 where it has no sound. */
  readonly channels: number
  readonly sampleRateHz: number
  readonly language: string | undefined
  readonly title: string | undefined
  readonly handler: string | undefined
  readonly isDefault: boolean
  /** A cover picture, which the container holds as a video stream of one frame. */
  readonly isPicture: boolean
  /** How players turn or mirror the picture, as a matrix of two rows; undefined where they show it as it is. */
  readonly turn: string | undefined
}

/** What a media file says of itself. */
export interface Media {
  /** ffmpeg's names of the container, such as `matroska,webm`. */
  readonly format: string
  /** From the first moment of any stream to the last one. */
  readonly durationS: number | undefined
  /** Where the file starts to count. */
  readonly startS: number
  readonly streams: readonly MediaStream[]
}

/** The containers whose lengths may be counted from time zero, also where nothing begins so early. */
const countingFromZero = ['mov', 'matroska', 'asf', 'nut']

const probeSchema = lazily(() => {
  const seconds = z.catch(z.optional(z.pipe(z.pipe(z.string(), z.transform(Number)), z.number())), undefined)
  return z.object({
    format: z.object({ format_name: z.string(), duration: seconds, start_time: seconds }),
    streams: z.array(
      z.object({
        index: z.number(),
        codec_type: z._default(z.string(), 'unknown'),
        codec_name: z._default(z.string(), 'unknown'),
        channels: z._default(z.number(), 0),
        sample_rate: seconds,
        tags: z._default(z.record(z.string(), z.string()), {}),
        disposition: z._default(z.record(z.string(), z.number()), {}),
        side_data_list: z._default(z.array(z.object({ displaymatrix: z.optional(z.string()) })), []),
      }),
    ),
  })
})

/** Returns the arguments that ask for a file's container and streams as JSON. */
export function probeArgs(path: string): string[] {
  return [
    '-v',
    'error',
    '-hide_banner',
    ...inputSafety(),
    '-of',
    'json',
    '-show_format',
    '-show_streams',
    fileUrl(path),
  ]
}

/** Returns the arguments that list the stream and the decoding time of each packet, a line each, as they are in the file. */
export function packetTimesArgs(path: string): string[] {
  const entries = ['-show_entries', 'packet=stream_index,dts_time', '-of', 'csv=p=0']
  return ['-v', 'error', '-hide_banner', ...inputSafety(), ...entries, fileUrl(path)]
}

/** Returns what ffprobe printed as JSON, or undefined where it is not what ffprobe prints for a media file. */
export function parseProbe(printed: string): Media | undefined {
  const parsed = probeSchema().safeParse(parseJson(printed))
  if (!parsed.success) return undefined
  const { format, streams } = parsed.data
  const startS = format.start_time ?? 0
  const fromZero = format.format_name.split(',').some((name) => countingFromZero.includes(name))
  return {
    format: format.format_name,
    durationS: fromZero ? fromStart(format.duration, startS) : format.duration,
    startS,
    streams: streams.map(
      ({ index, codec_type, codec_name, channels, sample_rate, tags, disposition, side_data_list }) => ({
        index,
        kind: codec_type,
        codec: codec_name === 'none' ? 'unknown' : codec_name,
        channels,
        sampleRateHz: sample_rate ?? 0,
        language: tags.language,
        title: tags.title,
        handler: tags.handler_name,
        isDefault: disposition.default === 1,
        isPicture: disposition.attached_pic === 1,
        turn: turnOf(side_data_list.find(({ displaymatrix }) => displaymatrix !== undefined)?.displaymatrix),
      }),
    ),
  }
}

/** Returns how a display matrix turns or mirrors, whatever it scales and moves. */
function turnOf(matrix = ''): string | undefined {
  const rows = matrix.split('\n').flatMap((line) => {
    const [a, b] = line.replace(/^\d+:/, '').trim().split(/\s+/).map(Number)
    return a === undefined || b === undefined ? [] : [[a, b] as const]
  })
  const parts = rows.slice(0, 2).map(([a, b]) => {
    const length = Math.hypot(a, b) || 1
    return [a / length, b / length].map((part) => (part + 0).toFixed(2)).join(' ')
  })
  const text = parts.join(', ')
  return text === '' || text === '1.00 0.00, 0.00 1.00' ? undefined : text
}

/** A length that is counted from time zero is as much too long as the file starts late; one that is not cannot be shorter. */
function fromStart(lengthS: number | undefined, startS: number): number | undefined {
  return lengthS === undefined || startS <= 0 || lengthS <= startS ? lengthS : lengthS - startS
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns what a file holds; undefined where it is no media file. */
export async function probed(host: Pick<ToolHost, 'exec'>, path: string): Promise<Media | undefined> {
  const { exitCode, stdout } = await host.exec(ffprobe, probeArgs(path), { okExitCodes: [0, 1] })
  return exitCode === 0 ? parseProbe(stdout) : undefined
}

/** Returns what a file holds; fails the step, naming the input, where it is no media file. */
export async function probeMedia(host: Pick<ToolHost, 'exec' | 'fail'>, path: string, input: string): Promise<Media> {
  const { exitCode, stdout, stderrTail } = await host.exec(ffprobe, probeArgs(path), { okExitCodes: [0, 1] })
  const media = exitCode === 0 ? parseProbe(stdout) : undefined
  return media ?? host.fail(unreadable(input, stderrTail, path))
}

/** Returns why ffprobe could not read an input, and what to do. */
export function unreadable(input: string, stderr: string, path: string): string {
  const refused = /\[(\S+) @ \w+\] Format not on whitelist/.exec(stderr)?.[1]
  if (refused !== undefined) {
    return `the input '${input}' is not a media file but '${refused}', a playlist, script or unsupported format: pass the media file itself`
  }
  if (/moov atom not found|File ended prematurely|partial file/.test(stderr)) {
    return `the input '${input}' is not a complete media file: it is truncated, or only named like one; get it again`
  }
  const said =
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(`${fileUrl(path)}: `, '') ?? ''
  return `the input '${input}' cannot be read as a media file${said === '' ? '' : ` (ffprobe: ${said})`}: pass a video or audio file`
}
