import { describe, expect, it } from 'vitest'
import { scratch } from '../rig/scratch.ts'
import { newDirectory } from '../store/fixtures.ts'
import { type CrashReport, runCrashCycles } from './crash-cycles.ts'

/** `REPRISE_CRASH_CYCLES=1000 npx vitest run test/faults/crash.test.ts` for more than a quick look. */
const cycles = Number(process.env.REPRISE_CRASH_CYCLES ?? (process.env.CI === undefined ? 12 : 100))

describe('SIGKILL at random moments', () => {
  it(
    `loses nothing that was acknowledged, in ${cycles} cycles of three writers`,
    async () => {
      const onCycle = ({ validCycles, acknowledged, lost }: CrashReport) => {
        if (validCycles > 0 && validCycles % 100 === 0) {
          process.stdout.write(`valid cycles ${validCycles}, acknowledged ${acknowledged}, lost ${lost.length}\n`)
        }
      }
      const report = await runCrashCycles({ dir: newDirectory(scratch), cycles, onCycle })
      const { kills, validCycles, acknowledged, lost, damaged, unopened } = report
      process.stdout.write(
        `kills ${kills}, valid cycles ${validCycles}, acknowledged ${acknowledged}, lost ${lost.length}, ` +
          `damaged ${damaged.length}, unopened ${unopened.length}\n`,
      )
      expect({ lost, damaged, unopened }).toEqual({ lost: [], damaged: [], unopened: [] })
    },
    cycles * 30_000,
  )
})
