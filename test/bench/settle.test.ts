import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gridEnds, gridSteps, type Runner, write, writeShared } from '../../bench/runners/runner.ts'
import { settleRunner } from '../../bench/runners/settle.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bench-settle-'))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

/** Returns a program that brings a grid up to date by a shell script, in which `guard` decides for each step. */
function scripted(guard: string, input = 'input.txt'): Runner {
  return {
    name: 'scripted',
    package: { registry: 'pypi', name: 'scripted', version: '1' },
    env: { GREETING: 'hello' },
    command: () => ['sh', 'all.sh'],
    output: (index) => `${index}.txt`,
    async lay(grid, count) {
      writeShared(grid)
      const lines = gridSteps(count).map(({ index, before }) => {
        const from = before === undefined ? input : `${before}.txt`
        return `${guard.replaceAll('OUT', `${index}.txt`)} || sh line.sh ${from} ${index}.txt ${index}`
      })
      write(grid, 'all.sh', `test "$GREETING" = hello\n${lines.join('\n')}\n`)
    },
  }
}

const settle = (runner: Runner, count: number) => settleRunner(runner, { dir, bin: dir }, join(dir, 'grid'), count)

describe('gridSteps', () => {
  it('is ten chains side by side', () => {
    expect(gridSteps(23).slice(9, 12)).toEqual([{ index: 9 }, { index: 10, before: 0 }, { index: 11, before: 1 }])
    expect(gridEnds(23).map(({ index }) => index)).toEqual([13, 14, 15, 16, 17, 18, 19, 20, 21, 22])
  })

  it('has no more chains than steps', () => {
    expect(gridSteps(2)).toEqual([{ index: 0 }, { index: 1 }])
  })
})

describe('settleRunner', () => {
  it('returns what finds out that there is nothing to do', async () => {
    const { bring, executedCount } = await settle(scripted('test -e OUT'), 12)
    await bring()
    expect(executedCount()).toBe(12)
    expect(readFileSync(join(dir, 'grid', '11.txt'), 'utf8')).toBe('a line\n1\n11\n')
  })

  it('sees it when a step is executed later', async () => {
    const { bring, executedCount } = await settle(scripted('test -e OUT'), 12)
    rmSync(join(dir, 'grid', '5.txt'))
    await bring()
    expect(executedCount()).toBe(13)
  })

  it('refuses a program that executes again', async () => {
    await expect(settle(scripted('false'), 3)).rejects.toThrow('it executes 3 steps again')
  })

  it('refuses a program that does not execute all steps', async () => {
    await expect(settle(scripted('test OUT = 2.txt'), 3)).rejects.toThrow('it executed 2 of 3 steps')
  })

  it('refuses a program whose steps read something else', async () => {
    await expect(settle(scripted('test -e OUT', 'line.sh'), 3)).rejects.toThrow(/step 0 left something else/)
  })

  it('says why a program failed', async () => {
    const failing: Runner = { ...scripted('test -e OUT'), command: () => ['sh', '-c', 'echo broken >&2; exit 3'] }
    await expect(settle(failing, 3)).rejects.toThrow('sh ended with 3: broken')
  })
})
