import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { programPath } from '../rig/program.ts'
import { scratch } from '../rig/scratch.ts'
import { newDirectory } from '../store/fixtures.ts'

/** `REPRISE_DAMAGE_TRIALS=5000 REPRISE_SEED=7 npx vitest run test/faults/index-damage.test.ts` for more. */
const trials = Number(process.env.REPRISE_DAMAGE_TRIALS ?? (process.env.CI === undefined ? 60 : 400))
const outputBytesMax = 1 << 28
const seed = process.env.REPRISE_SEED ?? '1'

describe('damage to the index', () => {
  it(
    `ends no process and gives no wrong byte, in ${trials} trials`,
    async () => {
      const args = [programPath('damage-index'), join(newDirectory(scratch), 'store'), String(trials), seed]
      // LMDB prints each damaged list of free pages that it meets.
      const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: outputBytesMax })
      const last = stdout.trimEnd().split('\n').at(-1) ?? ''
      process.stdout.write(`${last}\n`)
      const totals: Record<string, number> = JSON.parse(last)
      expect(totals).toMatchObject({ trials, wrong: 0 })
      // Trials that damage nothing, or in which everything is lost, would show nothing.
      expect(totals.rebuilt).toBeGreaterThan(0)
      expect(totals.hits).toBeGreaterThan(0)
      expect(totals.misses).toBeGreaterThan(0)
    },
    trials * 5_000,
  )
})
