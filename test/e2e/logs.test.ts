import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../rig/command.ts'
import { gatedConfig } from '../rig/gate.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

/** Returns what a command wrote without what differs from run to run: times, sizes, keys, names of runs, directories. */
function normalized(text: string, dir: string): string {
  return (
    text
      .replaceAll(dir, '/DIR')
      .replace(/"ts":"[^"]+"/g, '"ts":"TIME"')
      .replace(/"run":"[^"]+"/g, '"run":"RUN"')
      .replace(/"key":"[0-9a-f]{64}"/g, '"key":"KEY"')
      .replace(/b3:[0-9a-f]{64}/g, 'b3:DIGEST')
      .replace(/"(\w+_ms|\w+_bytes)":[\d.]+/g, '"$1":0')
      .replace(/"how":"(?:reflink|copy)"/g, '"how":"HOW"')
      .replace(/(?<=saved |in |DONE {7})[\d.]+(?:ms|s)\b/g, 'T')
      // Nothing is said of a time saved that rounds to none.
      .replace(/ \(saved [^)]*\)/g, '')
      .split('\n')
      // How often this is told depends on how long the run takes.
      .filter((line) => !line.includes('"event":"pipeline_progress"'))
      .join('\n')
  )
}

it('writes an event a line to stdout and a line a step to stderr, as much as is asked for', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'reprise.config.mjs'), gatedConfig)
  writeFileSync(join(cwd, 'in.txt'), 'text')
  const run = async (...args: string[]) => {
    const line = ['run', 'gated', 'in.txt', '--store', 'store', '--device', 'cpu', ...args]
    const { stdout, stderr } = await runCommand(line, { cwd })
    return `--- ${args.join(' ')}\n${normalized(stdout, cwd)}---\n${normalized(stderr, cwd)}`
  }
  const logs = [
    await run('--json', '--log-level', 'silent'),
    await run('--json', '--log-level', 'silent'),
    await run(),
    await run('-p', 'fails=true', '--log-level', 'warn'),
    await run('--force', '--log-level', 'debug'),
    await run('--quiet'),
  ]
  await expect(logs.join('\n')).toMatchFileSnapshot('golden/logs.txt')
})
