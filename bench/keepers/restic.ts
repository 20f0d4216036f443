import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, runProgram } from '../peers.ts'
import { usageOf } from './content.ts'
import type { Keeper, Place } from './keeper.ts'

const repository = ({ dir }: Place) => join(dir, 'repository')
const out = ({ dir }: Place) => join(dir, 'out')
const env = (place: Place) => ({
  // There is no repository without a password before 0.17.
  RESTIC_PASSWORD: 'bench',
  RESTIC_REPOSITORY: repository(place),
  RESTIC_CACHE_DIR: join(place.dir, 'cache'),
})
const backup = ({ data }: Place) => ['restic', 'backup', '-q', data.name] as const

/** Returns the restic that is on PATH, with its version, or undefined where there is none. */
export function restic(): Keeper | undefined {
  if (!isInstalled('restic')) return undefined
  const version =
    /^restic (\S+)/.exec(execFileSync('restic', ['version'], { encoding: 'utf8' }))?.[1] ?? 'of no version'
  return {
    name: `restic ${version}`,
    env,
    cwd: ({ data }) => data.dir,
    async lay(place) {
      mkdirSync(out(place), { recursive: true })
      await runProgram('restic', ['init', '-q'], { env: env(place) })
    },
    takeIn: [{ name: 'backup', commands: (place) => [backup(place)] }],
    putBack: [
      { name: 'restore', commands: (place) => [['restic', 'restore', '-q', 'latest', '--target', out(place)]] },
    ],
    findNothing: [{ name: 'backup', commands: (place) => [backup(place)] }],
    kept: (place) => join(repository(place), 'data'),
    workCount: (place) => usageOf(join(repository(place), 'data')).files,
    restored: (place) => join(out(place), place.data.name),
    cleared: (place) => join(out(place), place.data.name),
    looksAtRestored: false,
  }
}
