import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { commandPath, eventsOf, executedSteps, runProgram } from '../../rig/command.ts'
import { makeOwnPipeline } from '../own-pipeline.ts'

describe('a run', () => {
  it('executes once, and then materializes', async () => {
    const { dir, run } = makeOwnPipeline()
    const first = await run('run', 'echoes', 'in.txt', '--json')
    expect(first.exitCode).toBe(0)
    expect(executedSteps(first.stdout)).toEqual(['echo/1', 'echo/2', 'join', 'shout'])
    expect(readFileSync(join(dir, 'echoes-in/03_join/all.txt'), 'utf8')).toBe('HELLO!HELLO!HELLO!')
    expect(first.stderr).toContain('completed in')
    expect(first.stderr).toMatch(/ {2}all {2}\.\/echoes-in\/03_join\/all\.txt\n$/)

    const second = await run('run', 'echoes', 'in.txt', '--json')
    expect(executedSteps(second.stdout)).toEqual([])
    expect(second.stderr).toMatch(/shout +SKIPPED +cache hit, saved /)
    expect(second.stderr).toMatch(/: 0 executed, 4 hits/)
  })

  it('forecasts, and changes nothing', async () => {
    const { dir, run } = makeOwnPipeline()
    const forecast = await run('run', 'echoes', 'in.txt', '--dry-run')
    expect(forecast.stdout).toMatch(/^shout +MISS +never run\n/)
    expect(forecast.stdout).toContain('would execute 1 to 4 of 4 steps')
    expect(existsSync(join(dir, 'echoes-in'))).toBe(false)
  })

  it('goes on with a job by its directory alone, with params on top', async () => {
    const { run } = makeOwnPipeline()
    await run('run', 'echoes', 'in.txt', '--job', 'J', '-p', 'mark=?')
    const again = await run('run', '--job', 'J', '-p', 'times=1,2,3', '--json')
    expect(executedSteps(again.stdout)).toEqual(['echo/3', 'join'])
    const explained = await run('explain', 'J')
    expect(explained.stdout).toMatch(
      /shout +HIT .*\necho\/1 +HIT .*\necho\/2 +HIT .*\necho\/3 +MISS +never run in this job; the nearest result has params.times 2 -> 3\n/,
    )
  })

  it('fails at the first miss where it must not execute anything', async () => {
    const { run } = makeOwnPipeline()
    await run('run', 'echoes', 'in.txt')
    const proven = await run('run', 'echoes', 'in.txt', '--fail-on-miss', '--json')
    expect([proven.exitCode, executedSteps(proven.stdout)]).toEqual([0, []])
    const missed = await run('run', 'echoes', 'in.txt', '-p', 'mark=?', '--fail-on-miss', '--json')
    expect([missed.exitCode, executedSteps(missed.stdout)]).toEqual([1, []])
    expect(eventsOf(missed.stdout).find(({ event }) => event === 'stage_failed')).toMatchObject({
      stage: 'shout',
      failure: { kind: 'cache-miss', reasons: [{ path: 'params.mark', from: '!', to: '?' }] },
    })
    expect(missed.stderr).toMatch(/shout +FAILED .*params\.mark "!" -> "\?"/)
  })

  it('makes takes of a step, lists them, and goes back to one', async () => {
    const { run } = makeOwnPipeline()
    await run('run', 'echoes', 'in.txt', '--job', 'J')
    const rerolled = await run('run', '--job', 'J', '--reroll', 'echo/2', '--json')
    expect(executedSteps(rerolled.stdout)).toEqual(['echo/2'])
    const listed = await run('takes', 'J', 'echo')
    expect(listed.stdout).toMatch(
      /^\* {2}echo\/1 {2}take 1 .*\n {3}echo\/2 {2}take 1 .*\n\* {2}echo\/2 {2}take 2 .* 12 B /,
    )
    expect(executedSteps((await run('run', '--job', 'J', '--take', 'echo/2=1', '--json')).stdout)).toEqual([])
    expect((await run('takes', 'J', 'echo/2')).stdout).toMatch(/^\* {2}echo\/2 {2}take 1 /)
    const none = await run('run', '--job', 'J', '--take', 'echo/2=9')
    expect(none).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^reprise: --take: .*its takes are 1 to 2; --reroll computes another\n$/),
    })
    expect((await run('run', '--job', 'J', '--take', 'echo=last')).exitCode).toBe(2)
    expect((await run('takes', 'J', 'ech')).stderr).toContain("did you mean 'echo'?")
  })

  it('takes an input of any name', async () => {
    const { dir, run } = makeOwnPipeline()
    const name = '-two words\n"quoted" \u001b[31m日本.txt'
    renameSync(join(dir, 'in.txt'), join(dir, name))
    const ran = await run('run', 'echoes', '--', name)
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' })
    expect(ran.stderr).not.toContain('\u001b')
    expect((await run('run', 'echoes', '--json', '--', name)).stdout).not.toContain('stage_running')
  })

  it('of one stage is what the pipeline does', async () => {
    const { dir, run } = makeOwnPipeline()
    await run('run', 'echoes', 'in.txt', '--job', 'J')
    const path = join(dir, 'J/01_shout/loud.txt')
    rmSync(path)
    const alone = await run('stage', 'shout', '--job', 'J', '--force', '--json')
    expect(executedSteps(alone.stdout)).toEqual(['shout'])
    expect(readFileSync(path, 'utf8')).toBe('HELLO!')
    const some = await run('stage', 'echo', '--job', 'J', '--json')
    const order = ['shout', 'echo/1', 'echo/2']
    expect(eventsOf(some.stdout)[0]).toMatchObject({ event: 'pipeline_started', steps: order })
    const explained = (await run('explain', 'J')).stdout
    expect(explained.match(/^\S+/gm)).toEqual([...order, 'join'])
    const unknown = await run('stage', 'shuot', '--job', 'J')
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' })
    expect(unknown.stderr).toMatch(/^reprise stage: unknown step 'shuot': did you mean 'shout'\?/)
  })

  it('goes on when nobody reads its events', async () => {
    const { start } = makeOwnPipeline()
    const running = start('run', 'echoes', 'in.txt', '--json')
    await running.line((line) => line.includes('pipeline_started'))
    running.child.stdout?.destroy()
    expect((await running.ended).stderr).toContain('completed in')
  })
})

describe('an interrupted run', () => {
  const stubborn = ['run', 'echoes', 'in.txt', '--json', '-p', 'how=stubborn', '-p', 'times=1']
  /** Makes of the grace that a process has to end, and of any other long wait, one that is never over. */
  const endless = `--import=data:text/javascript,${encodeURIComponent(`
    const { setTimeout } = globalThis
    globalThis.setTimeout = (callback, ms, ...args) => setTimeout(callback, ms < 5000 ? ms : 2 ** 31 - 1, ...args)
  `)}`

  it('is killed at once by the second signal, and goes on afterwards', async () => {
    const { run, start } = makeOwnPipeline({ NODE_OPTIONS: endless })
    const running = start(...stubborn)
    await running.line((line) => line.includes('stage_progress'))
    running.child.kill('SIGINT')
    running.child.kill('SIGTERM')
    const { exitCode, stdout, stderr } = await running.ended
    expect({ exitCode, last: eventsOf(stdout).at(-1)?.event }).toEqual({ exitCode: 130, last: 'pipeline_cancelled' })
    expect(stderr).toContain('stopping; finished steps are kept. Press Ctrl-C again to kill immediately.')
    expect(stderr).toContain('resume with: reprise run --job ./echoes-in')

    const again = await run('run', '--job', 'echoes-in', '-p', 'how=copy', '--json')
    expect(again.exitCode).toBe(0)
    expect(executedSteps(again.stdout)).toEqual(['echo/1', 'join'])
  })
})

describe('what goes wrong is told in one message, with an exit code', () => {
  it.each<[string, number, string[], RegExp]>([
    [
      'a step that fails',
      1,
      ['run', 'echoes', 'in.txt', '-p', 'how=fail'],
      /echo\/1 +FAILED +bash exited with code 7: no echo here/,
    ],
    ['a missing input', 2, ['run', 'echoes', 'no.txt'], /the input 'text' does not exist: .*no\.txt/],
    ['an unknown pipeline', 2, ['run', 'echos', 'in.txt'], /unknown pipeline 'echos': did you mean 'echoes'\?/],
    ['a file in place of the pipeline', 2, ['run', 'in.txt'], /'in\.txt' is a file, .*: reprise run PIPELINE in\.txt/],
    ['a watch of nothing', 2, ['watch'], /no pipeline given; name one: reprise watch PIPELINE INPUT/],
    ['a directory as a file', 2, ['run', 'echoes', '.'], /is a directory; a file is needed/],
    [
      'an unknown step',
      2,
      ['run', 'echoes', 'in.txt', '--from', 'joint'],
      /^reprise: --from: unknown step 'joint': did you mean 'join'\?/,
    ],
    [
      'an unknown step to compare',
      2,
      ['run', 'echoes', 'in.txt', '--check-determinism', 'joint'],
      /^reprise: --check-determinism: unknown step 'joint': did you mean 'join'\? \(valid: .*\)\n$/,
    ],
    [
      'a selection that ends before it begins',
      2,
      ['run', 'echoes', 'in.txt', '--from', 'join', '--to', 'echo'],
      /^reprise: --from, --to: 'join' comes after 'echo' \(order: shout, echo, join\)\n$/,
    ],
    [
      'an unknown take, foretold',
      2,
      ['run', 'echoes', 'in.txt', '--take', 'shuot=2', '--force-rerun', 'shuot', '--dry-run'],
      /^reprise run: --force-rerun: unknown step 'shuot'.*\n {2}--take: unknown step 'shuot'/,
    ],
    ['an unknown param', 2, ['run', 'echoes', 'in.txt', '-p', 'marc=x'], /unknown param: did you mean 'mark'\?/],
    ['a wrong param', 2, ['run', 'echoes', 'in.txt', '-p', 'times=many'], /times/],
    [
      'a missing tool',
      3,
      ['run', 'echoes', 'in.txt', '-p', 'mark=siren'],
      /'no-such-siren' on PATH; install it with: .*apt-get install siren/,
    ],
    ['a store that is none', 4, ['run', 'echoes', 'in.txt', '--store', 'in.txt'], /cannot use the store .*in\.txt: /],
    [
      'a job directory that is a file',
      2,
      ['run', 'echoes', 'in.txt', '--job', 'in.txt'],
      /cannot use the job directory /,
    ],
    [
      'a store that nothing was run with',
      4,
      ['cache', 'stats'],
      /^reprise: there is no store in .*\/store yet; the first run creates it\n$/,
    ],
    ['a job that is none', 2, ['status', 'nowhere'], /cannot use the job directory .*nowhere: it contains no job/],
    [
      'a store that may not be looked at, for which a link to itself stands here',
      4,
      ['jobs', 'list', '--store', 'loop/store'],
      /cannot use the store .*loop\/store: .*ELOOP/,
    ],
    ['a config that throws', 2, ['list', '--config', 'bad.ts'], /cannot load the config .*bad\.ts: out of order/],
  ])('%s: %i', async (_name, exitCode, args, message) => {
    const { dir, run } = makeOwnPipeline()
    writeFileSync(join(dir, 'bad.ts'), 'throw new Error("out of order")')
    symlinkSync('loop', join(dir, 'loop'))
    const end = await run(...args)
    expect(end.stderr).toMatch(message)
    expect({ exitCode: end.exitCode, stdout: end.stdout }).toEqual({ exitCode, stdout: '' })
  })

  it.skipIf(!existsSync('/dev/full'))('output that cannot be written: 1', async () => {
    const { dir } = makeOwnPipeline()
    const shell = `"$0" "$1" list > /dev/full; echo $?`
    const printed = await runProgram('sh', ['-c', `(${shell}) 2>&1`, process.execPath, commandPath], dir)
    expect(printed).toMatch(/^reprise: failed to write output: ENOSPC.*\n1\n$/)
  })

  it('a manifest that lacks a field', async () => {
    const { dir, run } = makeOwnPipeline()
    await run('run', 'echoes', 'in.txt', '--job', 'J')
    expect(await run('manifest', 'check', 'J')).toMatchObject({ exitCode: 0 })
    const path = join(dir, 'J/01_shout/manifest.json')
    const schema = new Ajv2020({ logger: false, validateFormats: false }).compile(
      JSON.parse((await run('manifest', 'schema')).stdout),
    )
    expect(schema(JSON.parse(readFileSync(path, 'utf8'))), JSON.stringify(schema.errors)).toBe(true)
    const { params: _params, ...others } = JSON.parse(readFileSync(path, 'utf8'))
    expect(schema(others)).toBe(false)
    writeFileSync(path, JSON.stringify(others))
    const checked = await run('manifest', 'check', 'J')
    expect(checked.exitCode).toBe(1)
    expect(checked.stdout).toMatch(/01_shout\/manifest\.json: .*params/)
  })
})

describe('the store', () => {
  it('is shown, emptied, and filled again', async () => {
    const { run } = makeOwnPipeline()
    await run('run', 'echoes', 'in.txt', '--job', 'J')
    expect((await run('cache', 'stats')).stdout).toMatch(/holds +4 results of 1 job\n/)
    await run('run', '--job', 'J')
    const shout = (await run('cache', 'inspect', 'J', 'shout')).stdout
    expect(shout).toMatch(/step +echoes shout\n/)
    expect(shout).toMatch(/used +1 time, saved .*\nlast used +\d{4}-/)
    const source = /"text": "(b3:[0-9a-f]{64})"/.exec(shout)?.[1] ?? 'no input'
    const ofSource = (await run('cache', 'inspect', source.slice(0, 15))).stdout
    expect(ofSource).toMatch(/bytes +not in the store\n/)
    expect(ofSource).toMatch(/an input of\n +echoes shout +text /)

    const plan = await run('cache', 'gc', '--max-size', '0', '--dry-run')
    expect(plan.stdout).toMatch(/echoes echo\/2 .* echoed\.txt\n/)
    expect(plan.stdout).toContain('would remove 4 results')
    expect((await run('cache', 'stats')).stdout).toContain('4 results')

    expect((await run('cache', 'gc', '--max-size', '0')).stdout).toContain('removed 4 results')
    const again = await run('run', '--job', 'J', '--json')
    expect(executedSteps(again.stdout)).toEqual(['echo/1', 'echo/2', 'join', 'shout'])
    expect(again.stderr).toMatch(/shout +MISS +evicted .* by cache gc/)
  })
})
