import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { collect, eachLine } from '../../../src/engine/process/process-output.ts'
import { cutLine } from '../../../src/engine/system/cut-line.ts'

async function linesOf(chunks: readonly (string | Buffer)[], maxBytes?: number) {
  const stream = new PassThrough()
  const shown: string[] = []
  const final: string[] = []
  const leftOut: number[] = []
  eachLine(stream, {
    onLine: (line) => shown.push(line),
    onFinalLine: (line, bytes) => {
      final.push(line)
      leftOut.push(bytes)
    },
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await new Promise((resolve) => stream.once('close', resolve))
  return { shown, final, leftOut }
}

/** Returns a text in one piece, byte by byte, and cut in the middle. */
const cuts = (text: string): readonly (readonly Buffer[])[] => {
  const bytes = Buffer.from(text)
  const middle = Math.floor(bytes.length / 2)
  return [[bytes], [...bytes].map((byte) => Buffer.from([byte])), [bytes.subarray(0, middle), bytes.subarray(middle)]]
}

describe('a line of a program', () => {
  it.each([
    ['a\nb\n', ['a', 'b'], ['a', 'b']],
    ['a\r\nb', ['a', 'b'], ['a', 'b']],
    ['\n\na', ['', '', 'a'], ['', '', 'a']],
    ['10%\r50%\r100%\ndone\n', ['10%', '50%', '100%', 'done'], ['100%', 'done']],
    ['10%\r50%\r100%\r\ndone\n', ['10%', '50%', '100%', 'done'], ['100%', 'done']],
    ['10%\r50%\r', ['10%', '50%'], ['50%']],
    ['é\r\n☃', ['é', '☃'], ['é', '☃']],
    ['', [], []],
  ])('%j is passed on as it is shown, and as it stays', async (text, shown, final) => {
    for (const chunks of cuts(text)) expect(await linesOf(chunks)).toMatchObject({ shown, final })
  })

  it('without an end takes bounded memory, and is told to be cut', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'a')
    const { final, leftOut } = await linesOf(Array.from({ length: 100 }, () => chunk))
    expect(final.map(({ length }) => length)).toEqual([68 * 1024])
    expect(leftOut).toEqual([100 * 64 * 1024 - 68 * 1024])
    expect(cutLine(final[0] ?? '', leftOut[0])).toBe(
      `${'a'.repeat(64 * 1024)} [${99 * 64 * 1024} more bytes of this line are left out]`,
    )
  })

  it('begins anew after one that was cut', async () => {
    expect(await linesOf(['abcdef\ngh\n'], 3)).toMatchObject({ final: ['abc', 'gh'], leftOut: [3, 0] })
  })
})

it('an output that is too large is closed, and kept up to there', async () => {
  const stream = new PassThrough()
  const collected = collect(stream, 5)
  stream.write('abc')
  stream.write('def')
  await new Promise((resolve) => stream.once('close', resolve))
  expect(collected()).toEqual({ text: 'abcde', isCut: true })
  const exact = new PassThrough()
  const all = collect(exact, 3)
  exact.end('abc')
  await new Promise((resolve) => exact.once('close', resolve))
  expect(all()).toEqual({ text: 'abc', isCut: false })
})
