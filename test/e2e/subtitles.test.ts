import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type CommandEnd, eventsOf, executedSteps, runCommand, runProgram, startCommand } from '../rig/command.ts'
import { copyStore } from '../rig/copy-store.ts'
import { artifactsBelow } from '../rig/file-tree.ts'
import { sampleFilm } from '../rig/film.ts'
import { processesOfJob } from '../rig/processes.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const allSteps = ['check', 'demux', 'mux', 'recognize/whole.wav', 'segment', 'stitch', 'subtitles', 'translate/es']

async function bench() {
  const dir = temporaryDirectory()
  copyFileSync(await sampleFilm(), join(dir, 'talk.mp4'))
  const args = (...more: readonly string[]) => ['run', '--store', 'store', '--json', 'subtitles', ...more]
  const run = (...more: readonly string[]): Promise<CommandEnd> => runCommand(args(...more), { cwd: dir })
  const start = (...more: readonly string[]) => startCommand(args(...more), { cwd: dir })
  return { dir, run, start, path: (...names: string[]) => join(dir, ...names) }
}

let computing: Promise<{ readonly store: string; readonly artifacts: Readonly<Record<string, string>> }> | undefined
const kept = mkdtempSync(join(tmpdir(), 'reprise-computed-'))
afterAll(() => rmSync(kept, { recursive: true, force: true }))

/** Returns a store that holds all of the film's results, and what a job has then: computed once for all tests. */
function computed(): NonNullable<typeof computing> {
  computing ??= (async () => {
    const { run, path } = await bench()
    const first = await run('talk.mp4', '--job', 'job', '-p', 'to=es')
    expect(executedSteps(first.stdout)).toEqual(allSteps)
    const store = join(kept, 'store')
    copyStore(path('store'), store)
    return { store, artifacts: artifactsBelow(path('job')) }
  })()
  return computing
}

/** Returns a bench whose job is done, with a store of its own. */
async function doneBench() {
  const { store } = await computed()
  const made = await bench()
  copyStore(store, made.path('store'))
  const { stdout } = await made.run('talk.mp4', '--job', 'job', '-p', 'to=es')
  expect(executedSteps(stdout)).toEqual([])
  return made
}

describe('subtitles, from film to film', () => {
  it('makes a film with both languages, and computes nothing twice', async () => {
    const { dir, run, path } = await bench()
    const first = await run('talk.mp4', '--job', 'job', '-p', 'to=es')
    expect(first.exitCode, first.stderr).toBe(0)
    expect(executedSteps(first.stdout)).toEqual(allSteps)
    for (const film of ['film.mp4', 'film.mkv']) {
      const languages = await runProgram(
        'ffprobe',
        [
          '-v',
          'error',
          '-select_streams',
          's',
          '-show_entries',
          'stream_tags=language',
          '-of',
          'csv=p=0',
          path('job/05_mux', film),
        ],
        dir,
      )
      expect(languages.trim().split('\n')).toEqual(['eng', 'spa'])
    }
    const made = artifactsBelow(path('job'))

    const second = await run('talk.mp4', '--job', 'job', '-p', 'to=es')
    expect(executedSteps(second.stdout)).toEqual([])

    utimesSync(path('talk.mp4'), new Date(), new Date())
    mkdirSync(path('elsewhere'))
    renameSync(path('talk.mp4'), path('elsewhere', ' -- "Gespräch"\n №1.mp4'))
    const moved = await run('--job', 'other', '-p', 'to=es', '--', path('elsewhere', ' -- "Gespräch"\n №1.mp4'))
    expect(moved.exitCode, moved.stderr).toBe(0)
    expect(executedSteps(moved.stdout)).toEqual([])
    expect(artifactsBelow(path('other'))).toEqual(made)

    rmSync(path('other'), { recursive: true })
    const again = await run('--job', 'other', '-p', 'to=es', '--', path('elsewhere', ' -- "Gespräch"\n №1.mp4'))
    expect(executedSteps(again.stdout)).toEqual([])
    expect(artifactsBelow(path('other'))).toEqual(made)
  })

  it('runs again only what a change reaches', async () => {
    const { dir, run, path } = await doneBench()
    const remux = [
      '-nostdin',
      '-v',
      'error',
      '-i',
      'talk.mp4',
      '-map',
      '0',
      '-c',
      'copy',
      '-metadata',
      'title=Another, title',
      'b.mp4',
    ]
    await runProgram('ffmpeg', remux, dir)
    const retitled = await run('b.mp4', '--job', 'job', '-p', 'to=es')
    expect(executedSteps(retitled.stdout)).toEqual(['demux', 'mux'])

    const shorter = await run('b.mp4', '--job', 'job', '-p', 'to=es', '-p', 'maxLineChars=32')
    expect(executedSteps(shorter.stdout)).toEqual(['check', 'mux', 'subtitles'])
    const explained = await runCommand(['explain', 'job', 'subtitles'], { cwd: dir })
    expect(explained.stdout).toContain('params.maxLineChars none -> 32')

    const house = ['-p', 'to=es', '-p', 'profile=vertical']
    expect(executedSteps((await run('b.mp4', '--job', 'job', ...house)).stdout)).toEqual(['check', 'mux', 'subtitles'])
    const strict = await run('b.mp4', '--job', 'job', ...house, '-p', 'charsPerSecond=2', '-p', 'strict=true')
    expect(strict.exitCode).toBe(1)
    expect(strict.stdout).toMatch(/cues are outside of the profile Vertical video; the first is cue 1 in en: /)
    expect(readFileSync(path('job/06_check/junit.xml'), 'utf8')).toMatch(/<failure type="reading speed"/)

    const more = await run('b.mp4', '--job', 'job', '-p', 'to=es,en', '-p', 'maxLineChars=32')
    expect(more.exitCode).not.toBe(0)
    expect(readFileSync(path('job/04_subtitles/tracks/es.srt'), 'utf8')).toContain('-->')
  })

  it('goes on after SIGKILL with the same bytes, and leaves no process', async () => {
    const { artifacts: expected } = await computed()
    const { dir, run, start, path } = await bench()
    const moments = ['demux', 'segment', 'recognize/whole.wav', 'stitch', 'translate/es', 'subtitles', 'mux']
    for (const step of moments) {
      const running = start('talk.mp4', '--job', 'job', '-p', 'to=es')
      await running.line((line) => line.includes('"stage_running"') && line.includes(`"stage":"${step}"`))
      running.child.kill('SIGKILL')
      await running.ended
    }
    await processesOfJob(path('job')).gone()
    const last = await run('talk.mp4', '--job', 'job', '-p', 'to=es')
    expect(last.exitCode, last.stderr).toBe(0)
    expect(artifactsBelow(path('job'))).toEqual(expected)
    expect(readdirSync(path('job/.work'))).toEqual([])
    expect(readdirSync(join(dir, 'store/tmp'))).toEqual([])
  }, 120_000)

  it('executes each step once when two runs start together', async () => {
    const { start } = await bench()
    const both = [start('talk.mp4', '--job', 'one', '-p', 'to=es'), start('talk.mp4', '--job', 'two', '-p', 'to=es')]
    const ends = await Promise.all(both.map(({ ended }) => ended))
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(ends.flatMap(({ stdout }) => executedSteps(stdout)).sort()).toEqual(allSteps)
  })

  it('ends on Ctrl-C with 130, no process and no half-done step', async () => {
    const { run, start, path } = await bench()
    const running = start('talk.mp4', '--job', 'job', '-p', 'to=es')
    await running.line((line) => line.includes('"stage_running"') && line.includes('"recognize/whole.wav"'))
    running.child.kill('SIGINT')
    const end = await running.ended
    expect(end.exitCode).toBe(130)
    expect(eventsOf(end.stdout).at(-1)?.event).toBe('pipeline_cancelled')
    await processesOfJob(path('job')).gone()
    expect(readdirSync(path('job')).sort()).toEqual(['.work', '01_demux', '02_segment', 'events.jsonl', 'job.json'])
    expect(readdirSync(path('job/.work'))).toEqual([])
    const next = await run('talk.mp4', '--job', 'job', '-p', 'to=es')
    expect(executedSteps(next.stdout)).toEqual([
      'check',
      'mux',
      'recognize/whole.wav',
      'stitch',
      'subtitles',
      'translate/es',
    ])
  })

  it('never serves a blob of which one byte was changed', async () => {
    const { run, path } = await doneBench()
    const made = artifactsBelow(path('job'))
    const blobs = readdirSync(path('store/blobs'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    expect(blobs.length).toBeGreaterThan(0)
    for (const blob of blobs) {
      const file = join(blob.parentPath, blob.name)
      const bytes = readFileSync(file)
      bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
      rmSync(file)
      writeFileSync(file, bytes)
    }
    rmSync(path('job'), { recursive: true })
    const next = await run('talk.mp4', '--job', 'job', '-p', 'to=es')
    expect(next.exitCode, next.stderr).toBe(0)
    const corrupt = eventsOf(next.stdout).filter(
      (event) => event.event === 'stage_cache_miss' && event.reasons.some(({ kind }) => kind === 'corrupt'),
    )
    expect(corrupt.length).toBeGreaterThan(0)
    expect(artifactsBelow(path('job'))).toEqual(made)
  })
})
