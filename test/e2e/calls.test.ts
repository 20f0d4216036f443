import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Summary } from '../../stages/calls/report/summary.ts'
import { executedSteps, runCommand, runProgram } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { speech, wavOf, writeRecording } from '../stages/calls/recordings.ts'

/** Two people who take turns, and once speak together. */
const caller = speech(4, [{ fromS: 0.5, toS: 1.9 }], 190, 3)
const callee = speech(4, [{ fromS: 1.5, toS: 3.6 }], 110, 7)

function bench() {
  const dir = temporaryDirectory()
  const record = (name: string, bytes: Buffer | string) => writeRecording(join(dir, 'june', name), bytes)
  record('call-1-in.wav', wavOf(caller))
  record('call-1-out.wav', wavOf(callee))
  record('2024-06-03_10-15-00.wav', wavOf(callee.slice(0, 3000 * 8), caller.slice(0, 3000 * 8)))
  const unfinished = wavOf(speech(2, [{ fromS: 0.2, toS: 1.8 }], 150, 5))
  unfinished.writeUInt32LE(0, 40)
  record('late/unfinished.wav', unfinished)
  record('broken.wav', 'not a recording')
  const run = (...more: readonly string[]) =>
    runCommand(['run', '--store', 'store', '--json', 'calls', 'june', '--job', 'job', ...more], { cwd: dir })
  const summary = async (): Promise<Summary> => {
    const read: unknown = JSON.parse(readFileSync(join(dir, 'job/08_report/summary.json'), 'utf8'))
    const checked = await Summary['~standard'].validate(read)
    if (checked.issues !== undefined) throw new Error(JSON.stringify(checked.issues))
    return checked.value
  }
  return { dir, record, run, summary, path: (...names: string[]) => join(dir, ...names) }
}

const recordings = ['2024-06-03_10-15-00.wav', 'call-1-in.wav', 'call-1-out.wav', 'late%2Funfinished.wav']
const calls = ['2024-06-03_10-15-00', 'call-1', 'late/unfinished']

describe('calls, from a folder to a mix', () => {
  it('levels what can be read, names what cannot, and computes only what is new', async () => {
    const { dir, record, run, summary, path } = bench()
    const cold = await run()
    expect(cold.stderr).toContain('passed over broken.wav: it cannot be read')
    expect(executedSteps(cold.stdout)).toEqual(
      [
        ...['align/call-1', 'mix', 'pair', 'report', 'probe/broken.wav'],
        ...recordings.flatMap((name) => [`probe/${name}`, `classify/${name}`]),
        ...calls.map((id) => `normalize/${id.replace('/', '%2F')}`),
      ].sort(),
    )
    const told = await summary()
    expect(told.passedOver).toEqual([{ path: 'broken.wav', problem: expect.stringContaining('cannot be read') }])
    expect(told.calls.map(({ id }) => id)).toEqual(calls)
    for (const { level } of told.calls) {
      expect(level?.limitedBy).toBeUndefined()
      expect(Math.abs((level?.after.integratedLufs ?? 0) + 23)).toBeLessThanOrEqual(0.2)
      expect(level?.after.truePeakDb).toBeLessThanOrEqual(-1)
    }
    const [stereo, pair, unfinished] = told.calls
    expect(unfinished?.files[0]?.mended).toEqual(['the head had no length'])
    expect(pair?.sides.map(({ label }) => label)).toEqual(['in', 'out'])
    // The truth: 1.4 s and 2.1 s of speech, of which 0.4 s together.
    expect(pair?.sides[0]?.talkShare).toBeCloseTo(1.4 / 3.5, 1)
    expect(Math.abs((pair?.overlapS ?? 0) - 0.4)).toBeLessThan(0.2)
    expect(stereo?.sides.map(({ label }) => label)).toEqual(['left', 'right'])
    expect(told.mix.lengthS).toBeCloseTo(3 + 4 + 2 + 2, 2)
    expect(Math.abs((told.mix.after.integratedLufs ?? 0) + 23)).toBeLessThanOrEqual(0.2)
    const lengthS = await runProgram(
      'ffprobe',
      ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path('job/07_mix/mix.m4a')],
      dir,
    )
    expect(Number(lengthS)).toBeCloseTo(told.mix.lengthS, 1)
    expect(readFileSync(path('job/08_report/report.html'), 'utf8')).toContain('broken.wav')
    expect(readFileSync(path('job/08_report/calls.csv'), 'utf8').split('\n').length).toBe(1 + 3 + 1 + 1)

    expect(executedSteps((await run()).stdout)).toEqual([])

    record('new-call.wav', wavOf(speech(2, [{ fromS: 0.1, toS: 1.5 }], 130, 9)))
    const gathering = ['mix', 'pair', 'report']
    expect(executedSteps((await run()).stdout)).toEqual(
      ['classify/new-call.wav', 'normalize/new-call', 'probe/new-call.wav', ...gathering].sort(),
    )
    // Content decides, and not the name.
    renameSync(path('june/new-call.wav'), path('june/renamed.wav'))
    expect(executedSteps((await run()).stdout)).toEqual(gathering)
  })

  it('fails on a broken recording where it is asked to, and names it', async () => {
    const { run, path } = bench()
    const { exitCode, stdout } = await run('-p', 'onBroken=fail', '--to', 'pair')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('the recording is broken: it cannot be read as a media file')
    expect(existsSync(path('job/03_pair'))).toBe(false)
  })
})
