import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readCues } from '../../stages/cues/read-cues.ts'
import { type CommandEnd, eventsOf, executedSteps, runCommand, startCommand } from '../rig/command.ts'
import { sampleFilm } from '../rig/film.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const srt = 'job/04_subtitles/tracks/en.srt'

async function bench() {
  const dir = temporaryDirectory()
  copyFileSync(await sampleFilm(), join(dir, 'talk.mp4'))
  const args = (...more: readonly string[]) =>
    ['run', '--store', 'store', '--json', 'subtitles', 'talk.mp4', '--job', 'job', '-p', 'to=es', ...more] as const
  const run = (...more: readonly string[]): Promise<CommandEnd> => runCommand(args(...more), { cwd: dir })
  const read = (path: string) => readFileSync(join(dir, path), 'utf8')
  /** Changes the last word of a cue of the track in the job, as a person does. */
  const correct = (place: number, word: string) => {
    const text = read(srt)
    const cues = readCues(text)
    const line = (cues.ok ? cues.value[place]?.lines.at(-1) : undefined) ?? ''
    expect(line).not.toBe('')
    writeFileSync(join(dir, srt), text.replace(line, line.replace(/\S+$/, word)))
  }
  const aside = () => readdirSync(join(dir, 'job')).filter((name) => name.includes('.edited-'))
  const first = await run()
  expect(first.exitCode, first.stderr).toBe(0)
  return { dir, args, run, read, correct, aside }
}

it('a cue that a person corrects stays corrected, and only what depends on it runs', async () => {
  const { dir, run, read, correct, aside } = await bench()
  correct(0, 'Qwertzuiop')
  const corrected = await run()
  expect(executedSteps(corrected.stdout)).toEqual(['check', 'mux', 'subtitles', 'translate/es'])
  expect(read(srt)).toContain('Qwertzuiop')
  expect(read('job/04_subtitles/tracks/en.vtt')).toContain('Qwertzuiop')
  expect(read('job/04_subtitles/tracks/es.srt')).toContain('Qwertzuiop')
  expect(aside()).toEqual([])
  expect(executedSteps((await run()).stdout)).toEqual([])

  // A translation is corrected by itself: nothing is translated again.
  const spanish = join(dir, 'job/04_subtitles/tracks/es.srt')
  writeFileSync(spanish, readFileSync(spanish, 'utf8').replace('Qwertzuiop', 'Asdfghjkl'))
  const translated = await run()
  expect(executedSteps(translated.stdout)).toEqual(['check', 'mux', 'subtitles'])

  const house = await run('-p', 'profile=vertical')
  expect(executedSteps(house.stdout)).toEqual(['check', 'mux', 'subtitles'])
  expect(read(srt)).toContain('Qwertzuiop')
  expect(read('job/04_subtitles/tracks/es.srt')).toContain('Asdfghjkl')
  const [completed] = eventsOf(house.stdout).filter(({ event }) => event === 'pipeline_completed')
  expect(completed).toMatchObject({ corrections: { applied: 2, conflicts: 0 } })

  const clip = await run('-p', 'clipStartS=0.05')
  expect(executedSteps(clip.stdout)).toContain('recognize')
  expect(read(srt)).toContain('Qwertzuiop')
  const status = await runCommand(['status', 'job', '--store', 'store'], { cwd: dir })
  expect(status.stdout).toMatch(/corrections +\d applied/)
  // Without the corrections, it is as it was computed.
  rmSync(join(dir, 'job/corrections.json'))
  expect(executedSteps((await run()).stdout)).toEqual([])
  expect(read(srt)).not.toContain('Qwertzuiop')
})

it('a correction is not lost whenever the run is killed', async () => {
  const { dir, args, run, read, correct } = await bench()
  const words: string[] = []
  for (let round = 0; round < 10; round += 1) {
    const word = `Kill${round}ed`
    words[round % 2] = word
    correct(round % 2, word)
    const { child, ended } = startCommand(args('--to', 'subtitles'), { cwd: dir })
    const killed = setTimeout(() => child.kill('SIGKILL'), 150 + round * 60)
    await ended
    clearTimeout(killed)
    const corrections = () => readFileSync(join(dir, 'job/corrections.json'), 'utf8')
    expect(read(srt).includes(word) || corrections().includes(word), `round ${round}`).toBe(true)
    expect((await run('--to', 'subtitles')).exitCode).toBe(0)
    for (const kept of words) expect(read(srt)).toContain(kept)
  }
})
