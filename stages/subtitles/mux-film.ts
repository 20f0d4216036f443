import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { clippedLengthS } from '../media/clip.ts'
import { keptList, streamText } from '../media/kept-streams.ts'
import { type StreamSpan, timelineOf } from '../media/timeline.ts'
import { anyExitCode, type ProgressSpan, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { type MediaStream, probed } from '../tools/ffprobe.ts'
import { checkFilm } from './check-film.ts'
import { type CutRequest, cutArgs, type MuxRequest, muxArgs } from './mux-args.ts'
import { type Container, encodingAll, type MuxPlan } from './mux-plan.ts'

/** Cuts a clip out of a film; `to` is how much of the step's work that is. */
export async function cutFilm(
  host: ToolHost,
  request: Omit<CutRequest, 'streams'>,
  decodable: ReadonlySet<string>,
  to: number,
): Promise<void> {
  const { media, clip } = request
  const streams = keptList(media).filter(({ codec }) => decodable.has(codec))
  sayLeftOut(
    host,
    'clip',
    media.streams.filter((stream) => !streams.includes(stream)),
  )
  const lengthS = clippedLengthS(media.durationS ?? 0, clip)
  await runFfmpeg(host, cutArgs({ ...request, streams }), { lengthS, to })
}

function sayLeftOut({ warn }: ToolHost, where: string, streams: readonly MediaStream[]): void {
  if (streams.length > 0) warn(`left out of the ${where}: ${streams.map(streamText).join(', ')}`)
}

type Streams = readonly Pick<MediaStream, 'index'>[]
type Spans = readonly (StreamSpan | undefined)[]

/** Where the times of the packets of a film's streams are while the step runs. */
export function filmTimesPath(tempDir: string, streams: Streams): string {
  // A film may have more streams than a name has room for.
  const which = createHash('sha256').update(streams.map(({ index }) => index).join('-'))
  return join(tempDir, `times-of-${which.digest('hex').slice(0, 16)}.txt`)
}

/** Where the times of the packets in one container are while the step runs. */
export function madeTimesPath(tempDir: string, container: Container): string {
  return join(tempDir, `times-in-${container}.txt`)
}

/** Returns what measures a film's times: once for the same streams, because that reads all of the film. */
export function filmTimes(
  host: ToolHost,
  film: string,
  clock: readonly string[],
): (streams: readonly MediaStream[]) => Promise<Spans> {
  const measured = new Map<string, Promise<Spans>>()
  return (streams) => {
    const path = filmTimesPath(host.tempDir, streams)
    const spans = measured.get(path) ?? timelineOf(host, film, streams, path, clock)
    measured.set(path, spans)
    return spans
  }
}

export interface MuxFilmRequest extends MuxRequest {
  readonly decodable: ReadonlySet<string>
  readonly timesOf: ReturnType<typeof filmTimes>
}

/** Puts a film into one container. Where a copy comes out with other times or not at all, all of it is encoded. */
export async function muxFilm(host: ToolHost, request: MuxFilmRequest, span: ProgressSpan): Promise<MuxPlan> {
  const { plan, decodable } = request
  sayWhatChanges(host, plan)
  const { exitCode, stderrTail } = await runFfmpeg(host, muxArgs(request), span, { okExitCodes: anyExitCode })
  const isFull = stderrTail.includes('No space left on device')
  const problems = exitCode === 0 ? await filmProblems(host, request) : [`ffmpeg exited with code ${exitCode}`]
  if (problems.length === 0) return plan
  const whole = isFull ? plan : encodingAll(plan, decodable)
  host.warn(`the ${plan.container} as a copy: ${problems.join('; ')}; so all of it is encoded again`)
  await runFfmpeg(host, muxArgs({ ...request, plan: whole }), span)
  for (const problem of await filmProblems(host, { ...request, plan: whole }))
    host.warn(`the ${plan.container}: ${problem}`)
  return whole
}

function sayWhatChanges(host: ToolHost, { container, streams, leftOut }: MuxPlan): void {
  sayLeftOut(host, container, leftOut)
  for (const { stream, isEncoded } of streams) {
    if (!isEncoded) continue
    const copy = `a copy of this film's ${stream.kind} (${stream.codec})`
    host.warn(`${copy} would not play in an ${container} as it does in the film: it is encoded again`)
  }
}

/** Measures both films' times, and returns what is wrong with the one that was made. */
async function filmProblems(
  host: ToolHost,
  { plan, output, index, timesOf, flags = {} }: MuxFilmRequest,
): Promise<readonly string[]> {
  const { container, streams } = plan
  const media = await probed(host, output)
  if (media === undefined) return ['it is not a media file']
  const spans = await timesOf(streams.map(({ stream }) => stream))
  const madeSpans = await timelineOf(host, output, keptList(media), madeTimesPath(host.tempDir, container))
  const expected = { container, streams: streams.map(({ stream, isEncoded }) => ({ kind: stream.kind, isEncoded })) }
  return checkFilm({ media, spans: madeSpans }, { ...expected, spans, index, flags })
}
