import { chmodSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runProgram } from '../peers.ts'
import { commitAll } from './repository.ts'
import { executedFile, gridSteps, type Runner, write, writeShared } from './runner.ts'

const version = '2.11.11'
const npmVersion = '10.8.2'

/**
 * Stands for npm while the grid is computed: turbo asks it to run the script of each step, and to start npm 1,000 times
 * takes ten minutes. Turbo's own work is the same.
 */
const npmRun = `#!/bin/sh
set -eu
exec sh -c "$(sed -n 's/^ *"line": "\\(.*\\)".*/\\1/p' package.json)"
`

/** A workspace with a package for each step; the edges are the packages' dependencies. It has no daemon any more. */
export const turbo: Runner = {
  name: `turbo ${version}`,
  package: { registry: 'npm', name: 'turbo', version },
  env: { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  command: (bin) => [`${bin}/turbo`, 'run', 'line', '--output-logs=new-only'],
  computingEnv: (dir) => ({ PATH: `${join(dir, '.npm-run')}${delimiter}${process.env.PATH ?? ''}` }),
  output: (index) => `steps/step${index}/out.txt`,
  async lay(dir, count) {
    writeShared(dir)
    write(dir, 'package.json', {
      name: 'grid',
      private: true,
      packageManager: `npm@${npmVersion}`,
      workspaces: ['steps/*'],
    })
    write(dir, 'turbo.json', {
      tasks: {
        line: {
          dependsOn: ['^line'],
          inputs: ['$TURBO_DEFAULT$', '$TURBO_ROOT$/line.sh', '$TURBO_ROOT$/input.txt'],
          outputs: ['out.txt'],
        },
      },
    })
    for (const { index, before } of gridSteps(count)) {
      const from = before === undefined ? '../../input.txt' : `../step${before}/out.txt`
      write(dir, `steps/step${index}/package.json`, {
        name: `step${index}`,
        version: '1.0.0',
        private: true,
        scripts: { line: `sh ../../line.sh ${from} out.txt ${index}` },
        dependencies: before === undefined ? {} : { [`step${before}`]: '1.0.0' },
      })
    }
    write(dir, '.npm-run/npm', npmRun)
    chmodSync(join(dir, '.npm-run/npm'), 0o755)
    await runProgram('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund', '--offline'], { cwd: dir })
    await commitAll(dir, ['node_modules', '.turbo', '.npm-run', 'out.txt', executedFile])
  },
}
