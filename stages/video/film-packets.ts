import { fileUrl, inputSafety, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe } from '../tools/ffprobe.ts'

/** A packet of sound: when it begins to be decoded, and how large it is. */
interface SoundPacket {
  readonly atS: number
  readonly bytes: number
}

export interface FilmPackets {
  /** When each frame is shown, in order. */
  readonly shownS: readonly number[]
  readonly sound: readonly SoundPacket[]
}

/** Reads when the frames of a file are shown, and where its sound lies; nothing is decoded. */
export async function readPackets(host: Pick<ToolHost, 'exec'>, path: string): Promise<FilmPackets> {
  const shownS: number[] = []
  const sound: SoundPacket[] = []
  const onStdoutLine = (line: string) => {
    const [kind, seconds = '', bytes = ''] = line.split(',')
    if (kind === 'video') shownS.push(Number.parseFloat(seconds))
    if (kind === 'audio') sound.push({ atS: Number.parseFloat(seconds), bytes: Number.parseInt(bytes, 10) })
  }
  const entries = ['-show_entries', 'packet=codec_type,pts_time,size', '-of', 'csv=p=0']
  await host.exec(ffprobe, ['-v', 'error', ...inputSafety(), ...entries, fileUrl(path)], { onStdoutLine })
  return { shownS: shownS.sort((a, b) => a - b), sound }
}

/**
 * Returns how much later the sound of a film is than in the track that was joined to it, in milliseconds, where it differs
 * most; undefined where they are not the same packets.
 */
export function soundShiftMs(film: FilmPackets, track: FilmPackets): number | undefined {
  if (film.sound.length !== track.sound.length) return undefined
  let worst = 0
  for (const [index, { atS, bytes }] of film.sound.entries()) {
    const other = track.sound[index]
    if (other?.bytes !== bytes) return undefined
    const shift = atS - other.atS
    if (!(Math.abs(shift) <= Math.abs(worst))) worst = shift
  }
  return worst * 1000
}
