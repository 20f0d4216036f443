import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { materializeArtifact, stageArtifact } from '../../../store/index.ts'
import { cannotInject } from '../../faults/system-calls.ts'
import { programPath } from '../../rig/program.ts'
import { newDirectory, open, value } from '../fixtures.ts'

const why = cannotInject === undefined ? '' : ` (not run: ${cannotInject})`
const limitMs = 120_000

/** Returns the system calls of a program that name something below `dir`, each with the path inside it. */
function callsBelow(dir: string, name: string, args: readonly string[]): { call: string; path: string }[] {
  const notes = join(newDirectory(), 'notes')
  const strace = ['-f', '-y', '-qq', '-o', notes, '-e', 'trace=%file,%desc']
  const node = [process.execPath, programPath(name), ...args]
  expect(execFileSync('strace', [...strace, ...node], { encoding: 'utf8' })).toBe('true\n')
  return readFileSync(notes, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const at = line.indexOf(`${dir}/`)
      const [, call = '?'] = /^\d+ +(?:<\.\.\. )?(\w+)/.exec(line) ?? []
      return at < 0 || call === 'execve'
        ? []
        : [{ call, path: /^[^"<>,]+/.exec(line.slice(at + dir.length + 1))?.[0] ?? '' }]
    })
}

describe.skipIf(cannotInject !== undefined)(`a directory that is already right${why}`, () => {
  it(
    'costs one stat a file: none is opened, read or written',
    async () => {
      const source = newDirectory()
      mkdirSync(join(source, 'sub'))
      const names = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? `sub/${index}.bin` : `${index}.bin`))
      // Beyond 32 KiB a blob is a file of its own in the store.
      for (const name of names) writeFileSync(join(source, name), name.repeat(name.startsWith('sub') ? 10_000 : 10))
      const store = await open({ dir: newDirectory() })
      const { artifact, staged } = value(await stageArtifact(store.blobs, 'tree', source))
      value(await store.blobs.put(staged))
      const job = join(newDirectory(), 'job')
      value(await materializeArtifact(store, artifact, join(job, 'out')))
      value(store.flush())

      const { hash, sizeBytes } = artifact.digest
      const args = [store.dir, join(job, 'out'), hash, String(sizeBytes), String(artifact.sizeBytes)]
      const calls = callsBelow(job, 'look-at-tree', args)

      const ofFiles = calls.filter(({ path }) => path.endsWith('.bin'))
      expect(ofFiles.map(({ path }) => path).sort()).toEqual(names.map((name) => `out/${name}`).sort())
      expect(new Set(ofFiles.map(({ call }) => call))).toEqual(new Set(['statx']))
      const ofDirectories = calls.filter(({ path }) => !path.endsWith('.bin')).map(({ call }) => call)
      expect(ofDirectories.filter((call) => /write|rename|link|mkdir|chmod|utime|truncate|sync/.test(call))).toEqual([])
      // No blob file either: whatever was read of the store is its index.
      expect(callsBelow(join(store.dir, 'blobs'), 'look-at-tree', args)).toEqual([])
    },
    limitMs,
  )
})
