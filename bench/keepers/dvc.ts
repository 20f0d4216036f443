import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../peers.ts'
import { write } from '../runners/runner.ts'
import { copying } from '../store-files.ts'
import { usageOf } from './content.ts'
import { type Keeper, type Place, sourceOf } from './keeper.ts'

const version = '3.67.1'
export const dvcPackage = { registry: 'pypi', name: 'dvc', version } as const

const workspace = ({ dir }: Place) => join(dir, 'workspace')
const cache = (place: Place) => join(workspace(place), '.dvc', 'cache')

/** Its usual form, which copies where it cannot clone, or the one that gives out hard links to its cache. */
export type DvcLinks = 'copies' | 'hardlinks'

/** Returns DVC without a Git repository, installed in `bin`. */
export function dvc(bin: string, links: DvcLinks = 'copies'): Keeper {
  const program = join(bin, 'dvc')
  const env = ({ dir }: Place) => ({
    DVC_NO_ANALYTICS: '1',
    // Nothing of the user's, and nothing that would stay behind.
    DVC_SITE_CACHE_DIR: join(dir, 'site'),
    DVC_GLOBAL_CONFIG_DIR: join(dir, 'global-config'),
    DVC_SYSTEM_CONFIG_DIR: join(dir, 'system-config'),
  })
  const add = ({ data }: Place) => [program, 'add', '-q', data.name] as const
  const sync = ({ data }: Place) => ['find', '.dvc/cache', `${data.name}.dvc`, '-exec', 'sync', '{}', '+'] as const
  return {
    name: links === 'hardlinks' ? `dvc ${version}, hard links` : `dvc ${version}`,
    env,
    cwd: workspace,
    async lay(place) {
      const cwd = workspace(place)
      mkdirSync(cwd, { recursive: true })
      await runProgram(program, ['init', '-q', '--no-scm'], { cwd, env: env(place) })
      const type = links === 'hardlinks' ? '[cache]\n    type = hardlink\n' : ''
      write(cwd, '.dvc/config', `[core]\n    no_scm = True\n    analytics = false\n    check_update = false\n${type}`)
      // It takes in what lies in its workspace.
      await runProgram('cp', ['-r', ...copying, sourceOf(place), cwd])
    },
    takeIn: [
      { name: 'add (not durable)', commands: (place) => [add(place)] },
      { name: 'add, cache synced', commands: (place) => [add(place), sync(place)] },
    ],
    putBack: [{ name: 'checkout', commands: ({ data }) => [[program, 'checkout', '-q', `${data.name}.dvc`]] }],
    findNothing: [
      // With -q its exit code is 1 when anything changed.
      { name: 'status', commands: () => [[program, 'status', '-q']] },
      { name: 'add', commands: (place) => [add(place)] },
    ],
    kept: cache,
    workCount: (place) => usageOf(cache(place)).files,
    restored: (place) => join(workspace(place), place.data.name),
    cleared: (place) => join(workspace(place), place.data.name),
    looksAtRestored: true,
  }
}
