import { appendFileSync, closeSync, openSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineIndex } from '../../../src/dash/files/line-index.ts'
import { openLog } from '../../../src/dash/files/log-lines.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const line = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('', 'a', 'Needle', 'née DLE', 'nothing', '\u00e9'.repeat(40)) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 1_200_000 }).map((length) => `${'x'.repeat(length)}NEEDLE`) },
)

it('finds every line and every text of a log that grows, as if it were read whole', () => {
  const path = join(temporaryDirectory(), 'stage.log')
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 40 }),
      fc.array(line, { maxLength: 10 }),
      fc.boolean(),
      (first, more, ends) => {
        const before = first.map((text) => `${text}\n`).join('')
        const after = more.join('\n') + (ends && more.length > 0 ? '\n' : '')
        writeFileSync(path, before)
        const file = openSync(path, 'r')
        try {
          const index = new LineIndex()
          index.grow(file, statSync(path).size)
          appendFileSync(path, after)
          index.grow(file, statSync(path).size)
          const whole = before + after
          const lines = whole === '' ? [] : (whole.endsWith('\n') ? whole.slice(0, -1) : whole).split('\n')
          expect(index.count).toBe(lines.length)
          for (const from of [0, Math.floor(lines.length / 2), lines.length]) {
            const read = index.read(file, from, 7, 100)
            expect(read.map(({ bytes }) => bytes)).toEqual(
              lines.slice(from, from + 7).map((of) => Buffer.byteLength(of)),
            )
            for (const [at, { text }] of read.entries()) {
              const of = lines[from + at] ?? ''
              if (Buffer.byteLength(of) <= 100) expect(text).toBe(of)
              else expect(text).toHaveLength(Math.min(100, text.length))
            }
          }
          for (const text of ['needle', 'NÉE', 'zzz', 'e.', '']) {
            const search = index.search(file, text, 1000)
            let step = search.next()
            while (step.done !== true) step = search.next()
            const has = (of: string) => text !== '' && of.toLowerCase().includes(text.toLowerCase())
            const hits = lines.flatMap((of, at) => (has(of) ? [at] : []))
            expect([text, step.value]).toEqual([text, { count: hits.length, hits }])
          }
        } finally {
          closeSync(file)
        }
      },
    ),
    { numRuns: 60 },
  )
})

it('shows any part of a million lines, also of those that came since, and of a log that was written anew', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'stage.log')
  const lines = Array.from({ length: 10_000 }, (_, at) => `line ${at} of a program that has much to say`).join('\n')
  writeFileSync(path, '')
  for (let part = 0; part < 100; part++) appendFileSync(path, `${lines}\n`)
  const look = <T>(use: (log: NonNullable<ReturnType<typeof openLog>>) => T): T => {
    const log = openLog(dir, 'stage.log')
    if (log === undefined) throw new Error('there is no log')
    try {
      return use(log)
    } finally {
      log.close()
    }
  }
  expect(look((log) => [log.total, log.part(999_999, 5).lines])).toEqual([
    1_000_000,
    ['line 9999 of a program that has much to say'],
  ])
  appendFileSync(path, 'the very last\n')
  expect(look((log) => [log.total, log.part(1_000_000, 5).lines])).toEqual([1_000_001, ['the very last']])
  const log = openLog(dir, 'stage.log')
  const found = await log?.search('THE VERY', new AbortController().signal)
  log?.close()
  expect(found).toEqual({ count: 1, hits: [1_000_000] })
  writeFileSync(path, 'another\n')
  expect(look((of) => [of.total, of.part(0, 5).lines])).toEqual([1, ['another']])
})
