import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { blake3 } from '@napi-rs/blake-hash'
import { expect, it } from 'vitest'
import { executedSteps, runCommand, runProgram } from '../rig/command.ts'
import { sampleFilm } from '../rig/film.ts'
import { blobsMadeFrom, blobsOfAction, placesOf, walkStore } from '../rig/store-walk.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

/** Returns a directory with two films, of which the results are in `store`. */
async function bench() {
  const dir = temporaryDirectory()
  const path = (...names: readonly string[]): string => join(dir, ...names)
  copyFileSync(await sampleFilm(2), path('kept.mp4'))
  copyFileSync(await sampleFilm(3), path('forgotten.mp4'))
  const command = async (...args: readonly string[]) => {
    const end = await runCommand(args, { cwd: dir })
    expect(end.exitCode, end.stderr).toBe(0)
    return end.stdout
  }
  const jobs = { kept: ['--job', 'kept'], forgotten: ['--job', 'forgotten', '-p', 'to=es'] } as const
  const run = async (film: keyof typeof jobs, store = 'store') =>
    executedSteps(await command('run', '--store', store, '--json', 'subtitles', `${film}.mp4`, ...jobs[film]))
  expect(await run('kept')).toEqual(['check', 'demux', 'mux', 'recognize/whole.wav', 'segment', 'stitch', 'subtitles'])
  expect(await run('forgotten')).toEqual([
    'check',
    'demux',
    'mux',
    'recognize/whole.wav',
    'segment',
    'stitch',
    'subtitles',
    'translate/es',
  ])
  return { dir, path, command, run }
}

it('a film that is forgotten leaves no blob, no record and no word of it, and the other film everything', async () => {
  const { path, command, run } = await bench()
  const film = blake3(readFileSync(path('forgotten.mp4'))).toString('hex')
  const before = walkStore(path('store'))
  const made = blobsMadeFrom(before, film)
  const words = ['river is very important', 'río es muy importante'].map((text) => Buffer.from(text))
  expect(made.size).toBeGreaterThan(8)
  for (const text of words) expect(placesOf(before, text)).not.toEqual([])
  await command('cache', 'forget', '--store', 'store', '--source', 'forgotten.mp4')
  const after = walkStore(path('store'))
  expect(after.actions).toHaveLength(7)
  const kept = new Set(after.actions.flatMap((action) => blobsOfAction(after, action)))
  expect([...after.blobs.keys()].sort()).toEqual([...kept].sort())
  const alone = [...made].filter((hash) => !kept.has(hash))
  // What the steps of both films made is the other film's, too: that the mux left nothing out, and nothing was corrected.
  const both = [...made].filter((hash) => kept.has(hash)).map((hash) => after.blobs.get(hash)?.toString() ?? '')
  expect(both.sort()).toEqual([
    'No correction conflicts with what is computed now.\n',
    '{"applied":0,"conflicts":0,"outside":0}',
    expect.stringContaining('"leftOut":[]'),
  ])
  for (const hash of [film, ...alone]) {
    for (const form of [Buffer.from(hash), Buffer.from(hash, 'hex')]) expect(placesOf(after, form), hash).toEqual([])
  }
  for (const text of [...words, Buffer.from(path('forgotten'))]) expect(placesOf(after, text)).toEqual([])
  expect(await run('kept')).toEqual([])
  expect(await run('forgotten')).toHaveLength(8)
})

it('an archive that is carried to an empty store gives a run in which nothing is executed', async () => {
  const { dir, path, command, run } = await bench()
  await command('cache', 'export', '--store', 'store', 'forgotten', '-o', 'film.tar')
  await runProgram('tar', ['-xf', 'film.tar'], dir)
  const members = readFileSync(path('reprise/B3SUMS'), 'utf8').trimEnd().split('\n')
  for (const line of members) {
    const [hash = '', name = ''] = line.split('  ')
    expect(blake3(readFileSync(path('reprise', name))).toString('hex'), name).toBe(hash)
  }
  expect(members.filter((line) => line.includes('  actions/'))).toHaveLength(8)
  await command('cache', 'import', '--store', 'elsewhere', 'film.tar')
  expect(walkStore(path('elsewhere')).actions).toHaveLength(8)
  rmSync(path('forgotten'), { recursive: true })
  expect(await run('forgotten', 'elsewhere')).toEqual([])
})
