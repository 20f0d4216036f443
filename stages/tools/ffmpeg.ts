import {
  defineTool,
  type ExecOptions,
  type ExecResult,
  type InputDeclarations,
  type OutputDeclarations,
  type StageContext,
} from 'reprise'

/** The program that reads, cuts, encodes and muxes media. */
export const ffmpeg = defineTool({
  name: 'ffmpeg',
  command: 'ffmpeg',
  version: { args: ['-version'], parse: (printed) => /^ffmpeg version (\S+)/m.exec(printed)?.[1] },
  install: { debian: 'ffmpeg', fedora: 'ffmpeg-free', macos: 'ffmpeg', other: 'https://ffmpeg.org/download.html' },
})

/** What a function that runs tools needs of a stage's context. */
export type ToolHost = Pick<
  StageContext<InputDeclarations, unknown, OutputDeclarations>,
  'exec' | 'ask' | 'cpus' | 'progress' | 'log' | 'warn' | 'fail' | 'tempDir'
>

/**
 * The containers that a media input may be. Playlists and scripts (concat, hls, dash) are not among them: they
 * make ffmpeg open other files, whatever the name of the file that holds them.
 */
export const mediaFormats: readonly string[] = [
  'mov,mp4,m4a,3gp,3g2,mj2',
  'matroska,webm',
  'avi,asf,flv,mpegts,mpeg,mxf,gxf,dv,rm,wtv,nut,ivf,gif,swf',
  'wav,w64,aiff,caf,au,ogg,flac,mp3,aac,loas,ac3,eac3,dts,dtshd,truehd,amr,ape,wv,tta,tak,shn,mpc,mpc8,dsf,oma,voc,xwma',
]

export interface InputOptions {
  /** Seconds from the start of the file. */
  readonly startS?: number
  /** The one format to read it as; any of `mediaFormats` by default. */
  readonly format?: string
}

/** Returns the `file:` name under which ffmpeg cannot take a path for a protocol, an option or a pattern. */
export function fileUrl(path: string): string {
  return `file:${path}`
}

/** How far into a broadcast ffmpeg looks for the first sound, in microseconds and bytes: without one, it is no track. */
const lookAhead = ['-analyzeduration', '300000000', '-probesize', '100000000']

/** Returns the arguments that bind an input to one local file of a known kind. `path` is absolute. */
export function inputSafety(format?: string): string[] {
  return ['-protocol_whitelist', 'file', '-format_whitelist', format ?? mediaFormats.join(','), ...lookAhead]
}

/** Returns the arguments for one input. */
export function inputArgs(path: string, options: InputOptions = {}): string[] {
  const { startS, format } = options
  return [
    ...inputSafety(format),
    ...(format === undefined ? [] : ['-f', format]),
    ...(startS === undefined ? [] : ['-ss', secondsArg(startS)]),
    '-i',
    fileUrl(path),
  ]
}

/** Returns the arguments that come first: no questions, no banner, progress on standard output. */
export function globalArgs(): string[] {
  return ['-nostdin', '-hide_banner', '-loglevel', 'warning', '-nostats', '-progress', 'pipe:1', '-y']
}

/** Returns the arguments that leave dates, random ids and version texts out of an output, so that its bytes repeat. */
export function bitexactArgs(): string[] {
  return ['-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact', '-flags:s', '+bitexact']
}

/** Returns a number of seconds as ffmpeg reads it: to the microsecond, never with an exponent. */
export function secondsArg(seconds: number): string {
  return seconds.toFixed(6).replace(/\.?0+$/, '')
}

/** Returns the seconds that a line of `-progress` says are done, or undefined for its other lines. */
export function progressSeconds(line: string): number | undefined {
  const microseconds = /^out_time_us=(\d+)/.exec(line)?.[1]
  return microseconds === undefined ? undefined : Number(microseconds) / 1e6
}

/** Which part of a step's whole work one run of ffmpeg is. */
export interface ProgressSpan {
  /** How many seconds of media it will write. */
  readonly lengthS: number
  readonly from?: number
  readonly to?: number
}

/** Every code that a program can exit with: the caller looks at what it left. */
export const anyExitCode: readonly number[] = Array.from({ length: 256 }, (_, code) => code)

/** Runs ffmpeg and tells the step's progress by the media time that it has written. */
export async function runFfmpeg(
  host: ToolHost,
  args: readonly string[],
  span: ProgressSpan,
  options: Pick<ExecOptions, 'onStderrLine' | 'okExitCodes'> = {},
): Promise<ExecResult> {
  const { lengthS, from = 0, to = 1 } = span
  const onStdoutLine: ExecOptions['onStdoutLine'] = (line) => {
    const doneS = progressSeconds(line)
    if (doneS !== undefined && lengthS > 0) host.progress(from + (to - from) * Math.min(1, doneS / lengthS))
  }
  return await host.exec(ffmpeg, args, { ...options, onStdoutLine })
}
