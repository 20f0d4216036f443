import { describe, expect, it } from 'vitest'
import { audiblePart, readWav, wavFile } from '../../../stages/media/wav.ts'

const sound = { sampleRateHz: 16_000, samples: Int16Array.from([0, 1, -1, 32_767, -32_768]) }

describe('a WAV file', () => {
  it('is read as it was written', () => {
    expect(readWav(wavFile(sound))).toEqual(sound)
  })

  it('whose header says too much is read to its end', () => {
    const file = wavFile(sound)
    file.writeUInt32LE(0xffffffff, 40)
    expect(readWav(file)?.samples).toEqual(sound.samples)
  })

  it('of another kind is not read', () => {
    const stereo = wavFile(sound)
    stereo.writeUInt16LE(2, 22)
    expect(readWav(stereo)).toBeUndefined()
    expect(readWav(Buffer.from('ID3'))).toBeUndefined()
  })
})

describe('audiblePart', () => {
  it('leaves silence out', () => {
    const samples = new Int16Array(48_000)
    samples[24_000] = 1000
    expect(audiblePart({ sampleRateHz: 48_000, samples }).length).toBe(961)
    expect(audiblePart({ sampleRateHz: 48_000, samples: new Int16Array(100) }).length).toBe(0)
  })
})
