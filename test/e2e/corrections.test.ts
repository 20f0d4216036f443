import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readCues } from '../../stages/cues/read-cues.ts'
import { type CommandEnd, eventsOf, executedSteps, runCommand, startCommand } from '../rig/command.ts'
import { sampleFilm } from '../rig/film.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const srt = 'job/04_subtitles/tracks/en.srt'

async function bench(...more: readonly string[]) {
  const dir = temporaryDirectory()
  copyFileSync(await sampleFilm(), join(dir, 'talk.mp4'))
  const args = (...last: readonly string[]) =>
    ['run', '--store', 'store', '--json', 'subtitles', 'talk.mp4', '--job', 'job', '-p', 'to=es', ...last] as const
  const run = (...last: readonly string[]): Promise<CommandEnd> => runCommand(args(...last), { cwd: dir })
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
  const first = await run(...more)
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

  const clip = await run('-p', 'clipStartS=0.05', '--to', 'subtitles')
  expect(executedSteps(clip.stdout)).toContain('recognize/whole.wav')
  expect(read(srt)).toContain('Qwertzuiop')
  const status = await runCommand(['status', 'job', '--store', 'store'], { cwd: dir })
  expect(status.stdout).toMatch(/corrections +\d applied/)
  // Without the corrections, it is as it was computed.
  rmSync(join(dir, 'job/corrections.json'))
  expect(executedSteps((await run('--to', 'subtitles')).stdout)).toEqual([])
  expect(read(srt)).not.toContain('Qwertzuiop')
})

it('a correction is not lost whenever the run is killed', async () => {
  const { dir, args, run, read, correct } = await bench('--to', 'subtitles')
  const words: string[] = []
  for (let round = 0; round < 8; round += 1) {
    const word = `Kill${round}ed`
    words[round % 2] = word
    correct(round % 2, word)
    const { child, ended } = startCommand(args('--to', 'subtitles'), { cwd: dir })
    const killed = setTimeout(() => child.kill('SIGKILL'), 150 + round * 75)
    await ended
    clearTimeout(killed)
    const corrections = () => readFileSync(join(dir, 'job/corrections.json'), 'utf8')
    expect(read(srt).includes(word) || corrections().includes(word), `round ${round}`).toBe(true)
    expect((await run('--to', 'subtitles')).exitCode).toBe(0)
    for (const kept of words) expect(read(srt)).toContain(kept)
  }
})

const config = `
import { defineConfig, definePipeline, defineStage, json, optional } from 'reprise'
import { writeFileSync } from 'node:fs'
import { z } from 'zod'
const Corrections = z.record(z.string(), z.string())
const spell = defineStage({
  name: 'spell', version: 1, inputs: { corrections: optional(json(Corrections)) }, params: z.object({}),
  outputs: { text: 'out/text.txt' },
  run: ({ inputs, outputs }) => writeFileSync(outputs.text, inputs.corrections?.text ?? 'computed'),
})
const overlay = {
  input: 'corrections', step: 'spell',
  take: ({ files: [{ path, text }] }) => ({ corrections: { text }, changed: 1, whole: [path], refused: [] }),
  show: ({ corrections }) => [{ path: 'out/text.txt', text: corrections?.text ?? 'computed' }],
  list: ({ corrections }) =>
    corrections?.text === undefined ? [] : [{ id: 'one', state: 'conflict', lines: [corrections.text] }],
  settle: (of, ids, keep) => (keep === 'computed' ? {} : { text: 'settled ' + ids.join() }),
}
const other = definePipeline({ name: 'plain', inputs: {}, params: z.object({}), build: ({ step }) => step(spell, {}) })
export default defineConfig({ pipelines: [other, definePipeline({
  name: 'spelled', inputs: { corrections: optional(json(Corrections)) }, params: z.object({}), overlay,
  build: ({ step, inputs }) => step(spell, { corrections: inputs.corrections }),
})] })
`

it('corrections are listed, taken from a copy, and settled by command', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.mjs'), config)
  const reprise = (...args: readonly string[]) => runCommand([...args, '--store', 'store'], { cwd: dir })
  const text = () => readFileSync(join(dir, 'job/01_spell/out/text.txt'), 'utf8')
  await reprise('run', 'spelled', '--job', 'job')
  expect((await reprise('corrections', 'job')).stdout).toBe('no corrections\n')
  expect((await reprise('corrections', 'job', '--keep', 'yours')).stdout).toBe('no conflict to settle\n')

  mkdirSync(join(dir, 'elsewhere'))
  writeFileSync(join(dir, 'elsewhere/text.txt'), 'corrected')
  const saved = await reprise('corrections', 'job', 'elsewhere/text.txt')
  expect(saved).toMatchObject({ exitCode: 0, stdout: '1 correction saved; merge them with: reprise run --job ./job\n' })
  expect(text()).toBe('computed')
  expect((await reprise('corrections', 'job')).stdout).toBe('one  conflict\ncorrected\n')
  const listed = await reprise('corrections', 'job', '--json')
  expect(JSON.parse(listed.stdout)).toMatchObject({ corrections: [{ id: 'one', state: 'conflict' }] })
  await reprise('run', '--job', 'job')
  expect(text()).toBe('corrected')

  const settled = await reprise('corrections', 'job', '--keep', 'yours')
  expect(settled.stdout).toMatch(/^1 conflict settled/)
  await reprise('run', '--job', 'job')
  expect(text()).toBe('settled one')

  // What is taken just now is settled, too, and not what was listed before it.
  writeFileSync(join(dir, 'elsewhere/text.txt'), 'corrected again')
  const both = await reprise('corrections', 'job', 'elsewhere/text.txt', '--keep', 'yours')
  expect(both.stdout).toMatch(/^1 correction saved; .*\n1 conflict settled/)

  writeFileSync(join(dir, 'other.txt'), 'corrected')
  for (const [args, said] of [
    [['job', 'elsewhere/text.txt', '--keep', 'yours', '--only', 'one'], /take the files first/],
    [['job', 'none.txt'], /cannot read none\.txt/],
    [['job', 'other.txt'], /other\.txt is not named like a file that can be corrected: text\.txt/],
    [['job', 'gone/text.txt'], /cannot read gone\/text\.txt/],
    [['job', '--keep', 'yours', '--only', 'two'], /unknown correction 'two'/],
  ] as const) {
    const wrong = await reprise('corrections', ...args)
    expect(wrong.exitCode).toBe(2)
    expect(wrong.stderr).toMatch(said)
  }
  await reprise('run', 'plain', '--job', 'plain')
  const plain = await reprise('corrections', 'plain')
  expect(plain.exitCode).not.toBe(0)
  expect(plain.stderr).toMatch(/the pipeline 'plain' has nothing to edit/)
})
