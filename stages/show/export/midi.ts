import type { Analysis } from '../song/analysis.ts'

/** Ticks a beat: a quarter note. */
const division = 480

/**
 * Returns the beats of a song as a MIDI file (format 0) without notes: a tempo for each beat, a time signature where the metre
 * changes, a marker for each section. What is before the first beat becomes a bar of its own.
 */
export function formatTempoMap({ beats, sections, durationS }: Analysis): Uint8Array {
  const lead = leadOf(beats.map(({ atS }) => atS))
  const marks = [...lead, ...beats.map(({ atS, position, beatsPerBar }) => ({ atS, position, beatsPerBar }))]
  const events: { tick: number; bytes: readonly number[] }[] = []
  let metre = 0
  for (const [at, { atS, position, beatsPerBar }] of marks.entries()) {
    const nextS = marks[at + 1]?.atS ?? Math.max(durationS, atS + 0.25)
    if (position === 1 && beatsPerBar !== metre) {
      events.push({ tick: at * division, bytes: meta(0x58, [beatsPerBar, 2, 24, 8]) })
      metre = beatsPerBar
    }
    const microseconds = Math.max(1, Math.min(0xffffff, Math.round((nextS - atS) * 1e6)))
    events.push({
      tick: at * division,
      bytes: meta(0x51, [microseconds >> 16, (microseconds >> 8) & 255, microseconds & 255]),
    })
  }
  for (const { startS, label, occurrence } of sections) {
    const name = [...new TextEncoder().encode(`${label}${occurrence}`)]
    events.push({ tick: tickAt(startS, marks), bytes: meta(0x06, name) })
  }
  const end = { tick: Math.max(1, marks.length) * division, bytes: meta(0x2f, []) }
  const track: number[] = []
  let tick = 0
  for (const event of [...events.sort((one, other) => one.tick - other.tick), end]) {
    track.push(...variableLength(Math.max(0, event.tick - tick)), ...event.bytes)
    tick = Math.max(tick, event.tick)
  }
  const header = [0x4d, 0x54, 0x68, 0x64, ...uint32(6), 0, 0, 0, 1, division >> 8, division & 255]
  return Uint8Array.from([...header, 0x4d, 0x54, 0x72, 0x6b, ...uint32(track.length), ...track])
}

interface Placed {
  readonly atS: number
  readonly position: number
  readonly beatsPerBar: number
}

/** Returns beats for what is before the first one, about as long as the others. */
function leadOf([first = 0, second = 0]: readonly number[]): readonly Placed[] {
  if (first < 0.001) return []
  const beatsPerBar = Math.max(1, Math.min(64, Math.round(first / Math.max(0.2, second - first))))
  return Array.from({ length: beatsPerBar }, (_, at) => ({
    atS: (first * at) / beatsPerBar,
    position: at + 1,
    beatsPerBar,
  }))
}

function tickAt(seconds: number, marks: readonly Placed[]): number {
  const at = marks.findLastIndex(({ atS }) => atS <= seconds + 1e-6)
  const [mark, next] = [marks[at], marks[at + 1]]
  if (mark === undefined) return 0
  const part = next === undefined ? 0 : (seconds - mark.atS) / (next.atS - mark.atS)
  return Math.round((at + part) * division)
}

function meta(kind: number, data: readonly number[]): readonly number[] {
  return [0xff, kind, ...variableLength(data.length), ...data]
}

function variableLength(value: number): readonly number[] {
  const digits = [value & 127]
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 127) | 128)
  return digits
}

function uint32(value: number): readonly number[] {
  return [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]
}
