import { describe, expect, it } from 'vitest'
import { soundShiftMs } from '../../../stages/video/film-packets.ts'

const packets = (lateS: number, bytes: readonly number[] = [300, 310, 320]) => ({
  shownS: [],
  sound: bytes.map((size, index) => ({ atS: (index * 1024) / 48_000 + lateS, bytes: size })),
})

describe('the sound of a film', () => {
  it('is as much later than its track as the packet that differs most', () => {
    expect(soundShiftMs(packets(0), packets(0))).toBe(0)
    expect(soundShiftMs(packets(-0.02), packets(0))).toBeCloseTo(-20, 6)
    const film = packets(0)
    const late = { ...film, sound: film.sound.map((one, at) => (at === 1 ? { ...one, atS: one.atS + 0.03 } : one)) }
    expect(soundShiftMs(late, packets(0))).toBeCloseTo(30, 6)
  })

  it('is not its track where packets are missing or other ones', () => {
    expect(soundShiftMs(packets(0, [300, 310]), packets(0))).toBeUndefined()
    expect(soundShiftMs(packets(0, [300, 311, 320]), packets(0))).toBeUndefined()
  })
})
