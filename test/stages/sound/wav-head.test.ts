import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FoundWav, readWavHead } from '../../../stages/sound/wav-head.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { speech, wavOf } from '../calls/recordings.ts'

async function headOf(bytes: Buffer): Promise<FoundWav> {
  const path = join(temporaryDirectory(), 'x.wav')
  writeFileSync(path, bytes)
  const file = await open(path)
  try {
    return await readWavHead(file)
  } finally {
    await file.close()
  }
}

const good = wavOf(speech(0.5, []))
const dataBytes = good.length - 44
const changed = (change: (bytes: Buffer) => void, tail = Buffer.alloc(0)) => {
  const bytes = Buffer.concat([good, tail])
  change(bytes)
  return bytes
}
const list = Buffer.from('LIST\x04\0\0\0INFO', 'latin1')

describe('the head of a WAV file', () => {
  it.each([
    ['is as it should be', changed(() => {}), dataBytes, []],
    ['is followed by other chunks', changed(() => {}, list), dataBytes, []],
    ['is followed by junk', changed(() => {}, Buffer.alloc(7, 1)), dataBytes, []],
    ['has no length yet', changed((bytes) => bytes.writeUInt32LE(0, 40)), dataBytes, ['the head had no length']],
    [
      'has the highest length',
      changed((bytes) => bytes.writeUInt32LE(0xffffffff, 40)),
      dataBytes,
      ['the head had no length'],
    ],
    ['has 2^31 - 1', changed((bytes) => bytes.writeUInt32LE(0x7fffffff, 40)), dataBytes, ['the head had no length']],
    [
      'was updated early',
      changed((bytes) => bytes.writeUInt32LE(1000, 40)),
      dataBytes,
      ['the head said 1000 bytes of sound'],
    ],
    [
      'says more than there is',
      changed((bytes) => bytes.writeUInt32LE(dataBytes + 500, 40)),
      dataBytes,
      [`the head said ${dataBytes + 500} bytes of sound`],
    ],
    [
      'says other blocks',
      changed((bytes) => bytes.writeUInt16LE(4, 32)),
      dataBytes,
      ['the head said blocks of 4 bytes'],
    ],
    [
      'ends within a sample',
      good.subarray(0, good.length - 1),
      dataBytes - 2,
      [`the head said ${dataBytes} bytes of sound`],
    ],
  ])('%s', async (_, bytes, sound, mended) => {
    expect(await headOf(bytes)).toMatchObject({
      kind: 'wav',
      head: { dataBytes: sound, mended, sampleRateHz: 8000, channels: 1 },
    })
  })

  it('is read of RF64, whose length stands elsewhere', async () => {
    const ds64 = Buffer.alloc(36)
    ds64.write('ds64', 0, 'latin1')
    ds64.writeUInt32LE(28, 4)
    ds64.writeBigUInt64LE(BigInt(dataBytes), 16)
    const bytes = changed((wav) => {
      wav.write('RF64', 0, 'latin1')
      wav.writeUInt32LE(0xffffffff, 40)
    })
    const rf64 = Buffer.concat([bytes.subarray(0, 12), ds64, bytes.subarray(12)])
    expect(await headOf(rf64)).toMatchObject({ kind: 'wav', head: { dataBytes, mended: [], dataAt: 80 } })
  })

  it.each([
    [good.subarray(0, 44), 'it has a head and no sound'],
    [good.subarray(0, 30), 'it ends within its head'],
    [changed((bytes) => bytes.write('junk', 12, 'latin1')), 'its head does not say what format the sound has'],
    [changed((bytes) => bytes.writeUInt32LE(0, 24)), 'its head says 1 channels at 0 Hz'],
    [changed((bytes) => bytes.writeUInt32LE(0, 40)).subarray(0, 44), 'it has a head and no sound'],
  ])('is refused with a reason (%#)', async (bytes, why) => {
    expect(await headOf(bytes)).toEqual({ kind: 'broken', why })
  })

  it('is no other file', async () => {
    expect(await headOf(Buffer.from('not a recording'))).toEqual({ kind: 'other' })
  })
})
