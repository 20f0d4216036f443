import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { printableLines } from '../../../src/report/text/printable.ts'
import { eventsOf, executedSteps } from '../../rig/command.ts'
import { isAlive, jobsBench } from './jobs-bench.ts'

const statOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8')
/** Field 6 of /proc/PID/stat is the session, field 7 the terminal (proc(5)). */
const sessionOf = (pid: number) =>
  Number(
    statOf(pid)
      .slice(statOf(pid).lastIndexOf(')') + 2)
      .split(' ')[3],
  )

describe('a run in the background', () => {
  it('has the job when the command returns, in a session of its own, and is followed to its end', async () => {
    const { detach, waiting, gate, jobs, start, path, reprise } = await jobsBench()
    const { pid, job, log } = await detach(...waiting)
    expect({ job, log }).toEqual({ job: path('job'), log: path('job/run.log') })
    expect(sessionOf(pid)).toBe(pid)
    const arrival = await gate.arrival()
    expect(await jobs('--status', 'running')).toMatchObject([{ jobDir: path('job'), state: 'running', pid }])
    const shown = await reprise('jobs', 'show', 'job')
    expect(shown.stdout).toContain(`running as pid ${pid}`)
    expect(shown.stdout).toMatch(/wait +running/)
    const following = start('jobs', 'show', 'job', '--follow', '--json')
    await following.line((line) => line.includes('"stage_running"') && line.includes('"wait"'))
    arrival.open()
    const followed = await following.ended
    expect(followed.exitCode, followed.stderr).toBe(0)
    expect(eventsOf(followed.stdout)[0]?.event).toBe('pipeline_started')
    expect(eventsOf(followed.stdout).at(-1)?.event).toBe('pipeline_completed')
    expect(await jobs()).toMatchObject([{ state: 'completed' }])
    expect(readFileSync(log, 'utf8')).toContain('completed')
  })

  it('is found in the store with which it was started, whichever is the usual one', async () => {
    const { detach, waiting, gate, reprise } = await jobsBench()
    const { pid } = await detach(...waiting, '--store', 'other-store')
    await gate.arrival()
    expect((await reprise('status', 'job', '--json')).stdout).toContain('"state":"running"')
    const second = await reprise('run', '--job', 'job')
    expect(second.exitCode).toBe(2)
    expect(second.stderr).toContain(`(pid ${pid})`)
    const cancelled = await reprise('jobs', 'cancel', 'job')
    expect(cancelled).toMatchObject({ exitCode: 0 })
    expect(cancelled.stderr).toContain(`cancelling the run of ./job (pid ${pid})`)
    expect((await reprise('jobs', 'show', 'job', '--follow')).stderr).toContain('was cancelled')
  })

  it('goes on when its terminal is gone', async () => {
    const { detach, waiting, gate, reprise } = await jobsBench()
    const { pid } = await detach(...waiting)
    const arrival = await gate.arrival()
    process.kill(pid, 'SIGHUP')
    const following = reprise('jobs', 'show', 'job', '--follow')
    arrival.open()
    expect(await following).toMatchObject({ exitCode: 0 })
  })

  it('that cannot begin says so in the foreground, and leaves nothing behind', async () => {
    const { reprise, path } = await jobsBench()
    const missing = await reprise('run', 'gated', 'none.txt', '--job', 'deep/job', '--detach')
    expect(missing).toMatchObject({ exitCode: 2, stdout: '' })
    expect(missing.stderr).toContain("the input 'text' does not exist")
    expect(existsSync(path('deep'))).toBe(false)
    mkdirSync(path('mine'))
    const unknown = await reprise('run', 'gated', 'in.txt', '--job', 'mine', '--from', 'frist', '--detach')
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain("did you mean 'first'")
    expect(readdirSync(path('mine'))).toEqual([])
    const nowhere = await reprise('run', 'gated', 'in.txt', '--job', '/proc/reprise/job', '--detach')
    expect(nowhere).toMatchObject({ exitCode: 2, stdout: '' })
    const both = await reprise('run', 'gated', 'in.txt', '--detach', '--dry-run')
    expect(both.exitCode).toBe(2)
  })

  it('is told without the control characters of its directory', async () => {
    const { start, waiting, gate, reprise } = await jobsBench()
    const odd = ['--job', 'esc\u001b[31m \u202e']
    const running = start(...waiting.slice(0, 3), ...odd, ...waiting.slice(5))
    const arrival = await gate.arrival()
    const shown = await reprise('jobs', 'show', odd[1] ?? '')
    expect(shown.exitCode).toBe(0)
    expect(shown.stdout).toContain('running as pid')
    const busy = await reprise('run', ...odd, '--detach')
    arrival.open()
    expect((await running.ended).exitCode).toBe(0)
    const background = await reprise('run', ...odd, '--detach')
    expect(background.stdout).toContain('log: ')
    for (const { stdout, stderr } of [shown, busy, background]) {
      const text = stdout + stderr
      expect(printableLines(text).join('\n')).toBe(text.trimEnd())
    }
    expect((await reprise('jobs', 'show', odd[1] ?? '', '--follow')).exitCode).toBe(0)
  })

  it('is not started twice', async () => {
    const { detach, reprise, waiting, gate } = await jobsBench()
    const { pid } = await detach(...waiting)
    await gate.arrival()
    const again = await reprise(...waiting, '--detach')
    expect(again).toMatchObject({ exitCode: 2, stdout: '' })
    expect(again.stderr).toContain(`already running (pid ${pid})`)
  })

  it('is seen as interrupted when its process died, and is gone on with', async () => {
    const { detach, waiting, gated, gate, jobs, reprise } = await jobsBench()
    const { pid } = await detach(...waiting)
    const arrival = await gate.arrival()
    process.kill(pid, 'SIGKILL')
    await arrival.gone
    expect(await jobs()).toMatchObject([{ state: 'interrupted' }])
    expect((await jobs())[0]?.pid).toBeUndefined()
    const status = (await reprise('status', 'job')).stdout
    expect(status).toMatch(/state +interrupted, 1 run since [\s\S]*wait +interrupted/)
    expect((await reprise('jobs', 'list')).stdout).toMatch(/^interrupted +\.\/job +gated +1 /m)
    expect(await reprise('jobs', 'show', 'job', '--follow')).toMatchObject({ exitCode: 1 })
    const next = await reprise(...gated, '--json')
    expect(executedSteps(next.stdout)).toEqual(['wait'])
    expect(await jobs()).toMatchObject([{ state: 'completed' }])
  })

  it('that fails gives its failure to the one who follows', async () => {
    const { detach, gated, reprise, jobs } = await jobsBench()
    await detach(...gated, '-p', 'fails=true')
    const followed = await reprise('jobs', 'show', 'job', '--follow')
    expect(followed.exitCode).toBe(1)
    expect(followed.stderr).toContain('it was asked to fail')
    expect(await jobs('--status', 'failed')).toHaveLength(1)
    expect(await jobs('--status', 'completed')).toEqual([])
  })
})

describe('jobs cancel', () => {
  it('ends a run in the background cleanly, and waits until it is gone', async () => {
    const { detach, waiting, gate, jobs, reprise, gated } = await jobsBench()
    const { pid } = await detach(...waiting)
    const arrival = await gate.arrival()
    const cancel = await reprise('jobs', 'cancel', 'job')
    expect(cancel.exitCode, cancel.stderr).toBe(0)
    await arrival.gone
    expect(await jobs()).toMatchObject([{ state: 'cancelled' }])
    expect(await reprise('jobs', 'show', 'job', '--follow')).toMatchObject({ exitCode: 130 })
    const again = await reprise('jobs', 'cancel', 'job')
    expect(again).toMatchObject({ exitCode: 0, stdout: './job is not running, so there is nothing to cancel\n' })
    expect(executedSteps((await reprise(...gated, '--json')).stdout)).toEqual(['wait'])
    expect(isAlive(pid, statOf)).toBe(false)
  })

  it('ends a run in another terminal', async () => {
    const { start, waiting, gate, reprise } = await jobsBench()
    const running = start(...waiting)
    await gate.arrival()
    const cancel = await reprise('jobs', 'cancel', 'job', '--now')
    expect(cancel.exitCode, cancel.stderr).toBe(0)
    expect((await running.ended).exitCode).toBe(130)
  })

  it('ends a run that waits for the job, too, which does not take it', async () => {
    const { start, waiting, gate, reprise } = await jobsBench()
    const first = start(...waiting, '--json')
    await gate.arrival()
    const second = start(...waiting, '--json')
    await second.line((line) => line.includes('is using this job; waiting for it'))
    const cancel = await reprise('jobs', 'cancel', 'job')
    expect(cancel.exitCode, cancel.stderr).toBe(0)
    expect(cancel.stderr.match(/cancelling the run of /g)).toHaveLength(2)
    expect((await first.ended).exitCode).toBe(130)
    const { exitCode, stdout, stderr } = await second.ended
    expect(exitCode, stderr).toBe(130)
    expect(executedSteps(stdout)).toEqual([])
  })

  it('ends a run that was stopped', async () => {
    const { detach, waiting, gate, reprise, jobs } = await jobsBench()
    const { pid } = await detach(...waiting)
    await gate.arrival()
    process.kill(pid, 'SIGSTOP')
    expect(await reprise('jobs', 'cancel', 'job')).toMatchObject({ exitCode: 0 })
    expect(await jobs()).toMatchObject([{ state: 'cancelled' }])
  })

  it('says that a directory is no job', async () => {
    const { reprise, gated } = await jobsBench()
    await reprise(...gated)
    const cancel = await reprise('jobs', 'cancel', 'elsewhere')
    expect(cancel).toMatchObject({ exitCode: 2, stdout: '' })
    expect(cancel.stderr).toContain('it contains no job')
  })
})

describe('run --clear-from', () => {
  it("removes the job's records from there on, and computes nothing anew", async () => {
    const { reprise, gated, path } = await jobsBench()
    await reprise(...gated)
    const cleared = await reprise(...gated, '--clear-from', 'wait', '--to', 'first', '--json')
    expect(cleared.exitCode, cleared.stderr).toBe(0)
    expect(readdirSync(path('job')).sort()).toEqual(['.work', '01_first', 'events.jsonl', 'job.json'])
    expect(readdirSync(path('job/.work'))).toEqual([])
    const next = await reprise(...gated, '--json')
    expect(executedSteps(next.stdout)).toEqual([])
    expect(readFileSync(path('job/03_last/text.txt'), 'utf8')).toBe('text')
    const unknown = await reprise(...gated, '--clear-from', 'lats')
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain("did you mean 'last'")
  })
})
