import { anyExitCode, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, type Media, packetTimesArgs } from '../tools/ffprobe.ts'
import { lacksLength } from './cut-off.ts'

/** The containers that may be joined by putting one file after another, each with a clock of its own. */
const joinable = ['mpegts', 'mpeg']
/** How far back in time no container puts a packet. */
const resetS = 1

/**
 * Returns ffmpeg's arguments that make it read times as one time line. Where the clock is set back in the middle, ffmpeg
 * must also take short jumps forward for a change of clock: the last packets of one part may come after the first ones of
 * the next, and would leave a hole as long as the part.
 */
export async function clockArgs(host: Pick<ToolHost, 'exec'>, path: string, media: Media): Promise<readonly string[]> {
  // Pictures may have no time of their own but that of their order (MPEG-PS, AVI); Matroska wants one for each.
  const order = ['-fflags', '+genpts']
  // A length of nothing would be believed.
  if (media.format === 'wav') return (await lacksLength(path)) ? [...order, '-ignore_length', '1'] : order
  if (!joinable.includes(media.format)) return order
  let isSetBack = false
  const lastS = new Map<string, number>()
  const onStdoutLine = (line: string) => {
    const [stream = '', time = ''] = line.split(',')
    const timeS = Number.parseFloat(time)
    if (Number.isNaN(timeS)) return
    isSetBack ||= timeS < (lastS.get(stream) ?? timeS) - resetS
    lastS.set(stream, timeS)
  }
  await host.exec(ffprobe, packetTimesArgs(path), { onStdoutLine, okExitCodes: anyExitCode })
  return isSetBack ? [...order, '-dts_delta_threshold', '1'] : order
}
