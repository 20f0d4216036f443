import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../peers.ts'

/** Makes `dir` a Git repository in which all is committed but what `ignored` names, as a project of that program is. */
export async function commitAll(dir: string, ignored: readonly string[]): Promise<void> {
  writeFileSync(join(dir, '.gitignore'), `${ignored.join('\n')}\n`)
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', '-c', 'commit.gpgsign=false']
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    [...identity, 'commit', '-q', '-m', 'grid'],
  ]) {
    await runProgram('git', args, { cwd: dir })
  }
}
