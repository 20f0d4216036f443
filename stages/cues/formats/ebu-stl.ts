import type { Cue } from '../cues.ts'
import { type CodeTable, decodeText, encodeText, tableFor } from './ebu-stl-text.ts'

/** Bytes of the General Subtitle Information and of a block of text (EBU Tech 3264, sections 3 and 4). */
const gsiBytes = 1024
const blockBytes = 128
const textBytes = 112
const textAt = 16
const unusedSpace = 0x8f
const newLine = 0x8a
const lastBlock = 0xff
/** A block of the user's, and not of text. */
const userBlock = 0xfe
const mostExtensions = 0xef
const centred = 2
/** The row of the last line, of 99 in open subtitles. */
const bottomRow = 22

export interface EbuStlOptions {
  readonly title: string
  /** 25 or 30 frames a second: the format has no others. */
  readonly frameRate: 25 | 30
}

/** Returns cues as EBU STL, and how many characters its code table lacks, which are question marks in it. */
export function formatEbuStl(
  cues: readonly Cue[],
  { title, frameRate }: EbuStlOptions,
): { readonly bytes: Buffer; readonly unwritable: number } {
  const table = tableFor(cues.map(({ lines }) => lines.join('\n')).join('\n'))
  let unwritable = 0
  const blocks = cues.flatMap(({ startMs, endMs, lines }, index) => {
    const texts = lines.map((line) => {
      const encoded = encodeText(line, table)
      unwritable += encoded.unwritable
      return encoded.bytes
    })
    const text = texts.flatMap((bytes, at) => (at === 0 ? bytes : [newLine, ...bytes]))
    const first = frames(startMs, frameRate)
    const times = [first, Math.max(first + 1, frames(endMs, frameRate))] as const
    return textBlocks(text, index, times, { lines: lines.length, frameRate })
  })
  const head = Buffer.alloc(gsiBytes, ' ')
  const put = (at: number, text: string, length = text.length) => head.write(text.slice(0, length), at, 'latin1')
  put(0, '850')
  put(3, `STL${frameRate}.01`)
  put(11, '0')
  put(12, table)
  put(14, '00')
  put(16, title.normalize('NFD').replace(/[^\x20-\x7e]/g, ''), 32)
  // Dates would make other bytes each day.
  put(224, '700101700101')
  put(236, '00')
  const number = (value: number, digits: number) => String(value).padStart(digits, '0').slice(-digits)
  put(238, `${number(blocks.length, 5)}${number(cues.length, 5)}001`)
  put(251, '4023')
  put(255, '1')
  put(256, '00000000')
  put(
    264,
    clock(frames(cues[0]?.startMs ?? 0, frameRate), frameRate)
      .map((part) => number(part, 2))
      .join(''),
  )
  put(272, '11')
  return { bytes: Buffer.concat([head, ...blocks]), unwritable }
}

function frames(ms: number, frameRate: number): number {
  return Math.round((ms * frameRate) / 1000)
}

function clock(frame: number, frameRate: number): readonly number[] {
  const seconds = Math.floor(frame / frameRate)
  return [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60, frame % frameRate]
}

/** Returns the blocks of a cue: more than one for a text that one does not hold. */
function textBlocks(
  text: readonly number[],
  index: number,
  times: readonly [number, number],
  { lines, frameRate }: { readonly lines: number; readonly frameRate: number },
): readonly Buffer[] {
  const count = Math.max(1, Math.min(mostExtensions, Math.ceil(text.length / (textBytes - 1))))
  return Array.from({ length: count }, (_, at) => {
    const block = Buffer.alloc(blockBytes, unusedSpace)
    block[0] = 0
    block.writeUInt16LE(index & 0xffff, 1)
    block[3] = at === count - 1 ? lastBlock : at
    block[4] = 0
    block.set([...clock(times[0], frameRate), ...clock(times[1], frameRate)], 5)
    block[13] = Math.max(1, bottomRow - 2 * (lines - 1))
    block[14] = centred
    block[15] = 0
    block.set(text.slice(at * (textBytes - 1), (at + 1) * (textBytes - 1)), textAt)
    return block
  })
}

/** Returns the cues of EBU STL, without colours and positions; undefined where the bytes are something else. */
export function readEbuStl(bytes: Buffer): readonly Cue[] | undefined {
  const frameRate = Number(/^STL(\d\d)\.01$/.exec(bytes.toString('latin1', 3, 11))?.[1])
  if (!(frameRate > 0) || bytes.length < gsiBytes) return undefined
  const found = bytes.toString('latin1', 12, 14)
  const table: CodeTable = found === '01' || found === '02' || found === '03' || found === '04' ? found : '00'
  const startOf = timecodeMs([...bytes.toString('latin1', 256, 264).matchAll(/\d\d/g)].map(Number), frameRate)
  const cues: Cue[] = []
  let text: number[] = []
  for (let at = gsiBytes; at + blockBytes <= bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes)
    if (block[3] === userBlock || block[15] === 1) continue
    text.push(...block.subarray(textAt).filter((byte) => byte !== unusedSpace))
    if (block[3] !== lastBlock) continue
    const startMs = timecodeMs([...block.subarray(5, 9)], frameRate) - startOf
    const endMs = timecodeMs([...block.subarray(9, 13)], frameRate) - startOf
    const lines = decodeText(text, table)
    text = []
    if (lines.length > 0) cues.push({ startMs: Math.max(0, startMs), endMs: Math.max(0, endMs), lines })
  }
  return cues
}

function timecodeMs([hours = 0, minutes = 0, seconds = 0, frame = 0]: readonly number[], frameRate: number): number {
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Math.round((frame * 1000) / frameRate)
}
