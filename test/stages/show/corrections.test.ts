import { describe, expect, it } from 'vitest'
import { correctBeats, correctSections, readLabels } from '../../../stages/show/song/corrections.ts'

const heard = Array.from({ length: 8 }, (_, at) => ({
  atS: at / 2,
  position: (at % 4) + 1,
  beatsPerBar: 4,
  confidence: 0.6,
}))

describe('readLabels', () => {
  it("reads Audacity's labels and times alone", () => {
    expect(readLabels('1.000000\t1.000000\t1\n\\\t20\t400\n2,5 2\n\n')).toEqual([
      { startS: 1, endS: 1, text: '1' },
      { startS: 2.5, endS: 2.5, text: '2' },
    ])
    expect(() => readLabels('beat\n')).toThrow("line 1 is not a label: 'beat'")
    expect(() => readLabels('2\t1\tx\n')).toThrow('ends before it begins')
    expect(() => readLabels('1\t1\n\u001b[31m\u007f{"beats": [1, 2]}\n')).toThrow(
      /^line 2 is not a label: '\[31m \{"beats"/,
    )
    expect(() => readLabels(`1\n${'x'.repeat(5000)}`)).toThrow(/^line 2 is not a label: 'x{60}…'$/)
    expect(() => readLabels('ID3\0\0')).toThrow('it is not text')
    expect(() => readLabels('\n')).toThrow('it has no labels')
  })
})

describe('correctBeats', () => {
  it('replaces beats where there are corrected ones, and keeps the others', () => {
    const beats = correctBeats(heard, readLabels('1.1\t1.1\t1\n1.6\t1.6\t\n2.1\t2.1\t\n'))
    expect(beats.map(({ atS }) => atS)).toEqual([0, 0.5, 1.1, 1.6, 2.1, 2.5, 3, 3.5])
    expect(beats.map(({ confidence }) => confidence === 1)).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    expect(beats.slice(2, 5).map(({ position }) => position)).toEqual([1, 2, 3])
  })

  it('takes the length of a bar from its first beats', () => {
    const beats = correctBeats([], readLabels('0 1\n1 2\n2 3\n3 1\n4 2\n5 3\n6 1\n'))
    expect(beats.slice(0, 6).every(({ beatsPerBar }) => beatsPerBar === 3)).toBe(true)
  })
})

describe('correctSections', () => {
  const made = ({ startS, endS }: { startS: number; endS: number }, label: string) => ({ startS, endS, label })
  const found = [made({ startS: 0, endS: 10 }, 'A'), made({ startS: 10, endS: 20 }, 'B')]

  it('leaves what a corrected section does not cover, without gaps', () => {
    expect(correctSections(found, readLabels('8\t14\tchorus\n'), made)).toEqual([
      { startS: 0, endS: 8, label: 'A' },
      { startS: 8, endS: 14, label: 'chorus' },
      { startS: 14, endS: 20, label: 'B' },
    ])
    expect(correctSections(found, [], made)).toEqual(found)
  })
})
