import { describe, expect, it } from 'vitest'
import { asFloat32, float16, readCtranslate2 } from '../../src/models/formats/ctranslate2.ts'
import { ggmlHeader, ggmlTensor, ggmlTokens } from '../../src/models/formats/ggml.ts'
import { melBins, melFilters } from '../../src/models/formats/mel-filters.ts'
import { whisperGgml } from '../../src/models/formats/whisper-ggml.ts'

function text(value: string): Buffer {
  const bytes = Buffer.from(`${value}\0`)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(bytes.length)
  return Buffer.concat([length, bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const halves = Buffer.from([0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c])
const file = Buffer.concat([
  ...[uint32(6), text('SomeSpec'), uint32(1), uint32(1)],
  ...[text('a/weight'), Buffer.from([2]), uint32(2), uint32(2), Buffer.from([float16]), uint32(8), halves],
])

describe('readCtranslate2', () => {
  it('reads the variables of a model', () => {
    const { specification, variables } = readCtranslate2(file)
    expect(specification).toBe('SomeSpec')
    expect([...variables]).toEqual([['a/weight', { dims: [2, 2], type: float16, data: halves }]])
  })

  it('says where a file ends too early', () => {
    expect(() => readCtranslate2(file.subarray(0, -1))).toThrow('ends at byte')
  })

  it('widens 16-bit floats: normal, negative, the smallest, infinity', () => {
    const wide = asFloat32({ dims: [4], type: float16, data: halves })
    expect([0, 4, 8, 12].map((at) => wide.readFloatLE(at))).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY])
  })
})

describe('the format of ggml', () => {
  it('begins with its mark', () => {
    const sizes = { vocabulary: 1, audioContext: 2, audioState: 3, audioHeads: 4, audioLayers: 5 }
    const header = ggmlHeader({ ...sizes, textContext: 6, textState: 7, textHeads: 8, textLayers: 9, mels: 10 })
    expect(header.subarray(0, 4).toString('latin1')).toBe('lmgg')
    expect(Array.from({ length: 11 }, (_, index) => header.readInt32LE(4 + 4 * index))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1,
    ])
  })

  it('writes tokens with their lengths, and tensors with the last dimension first', () => {
    expect(ggmlTokens([Buffer.from('ab')]).toString('hex')).toBe('01000000020000006162')
    const parts = ggmlTensor({ name: 'x', dims: [2, 3], isHalf: true, data: Buffer.from('!') })
    expect(Buffer.concat([...parts]).toString('hex')).toBe('0200000001000000010000000300000002000000' + '7821')
  })
})

describe('melFilters', () => {
  it('gives each band its own triangle, of the same area in Hz', () => {
    const filters = melFilters(80)
    expect(filters).toHaveLength(80 * melBins)
    expect(filters[1]).toBeCloseTo(0.024862, 5)
    for (let mel = 40; mel < 80; mel += 1) {
      const band = filters.subarray(mel * melBins, (mel + 1) * melBins)
      expect(band.reduce((sum, weight) => sum + weight, 0) * 40).toBeCloseTo(1, 0)
    }
  })
})

describe('whisperGgml', () => {
  it('refuses what is no Whisper model', () => {
    expect(() => whisperGgml(readCtranslate2(file), {})).toThrow('a model of SomeSpec is no Whisper model')
  })
})
