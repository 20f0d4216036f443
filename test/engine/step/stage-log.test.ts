import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { StageLog } from '../../../src/engine/step/stage-log.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const filling = 'x'.repeat(999)

function logOf(lines: Iterable<string>): string {
  const dir = temporaryDirectory()
  const log = new StageLog(join(dir, 'own.log'), { hide: (text) => text })
  for (const line of lines) log.write(line)
  mkdirSync(join(dir, 'step'))
  log.moveInto(join(dir, 'step'))
  log.close()
  return readFileSync(join(dir, 'step', 'stage.log'), 'utf8')
}

function* numbered(count: number): Generator<string> {
  for (let index = 0; index < count; index++) yield `${String(index).padStart(8, '0')} ${filling}`
}

it('a log keeps its beginning and its end, and says how much is left out', () => {
  const text = logOf(numbered(50_000))
  const numbers = text.split('\n').flatMap((line) => (/^\d{8} /.test(line) ? [Number(line.slice(0, 8))] : []))
  expect(text.length).toBeLessThan(10_000_000)
  expect(numbers[0]).toBe(0)
  expect(numbers.at(-1)).toBe(49_999)
  const [, left = ''] = /^\[(\d+\.\d) MB are left out here; .*\]$/m.exec(text) ?? []
  expect(Number(left) * 1e6 + text.length).toBeGreaterThan(50_000 * 1009 - 100_000)
  const gaps = numbers.filter((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1)
  expect(gaps).toHaveLength(1)
})

it('a log that is not large is whole, also where its end was kept apart', () => {
  const lines = [...numbered(8500)]
  expect(logOf(lines)).toBe(`${lines.join('\n')}\n`)
})
