import { spawn } from 'node:child_process'
import { closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ProcessSupervisor } from '../../../src/engine/process/process.ts'
import { pidsWithMarker, treeUsageOf } from '../../../src/engine/process/process-table.ts'
import { ReapedTime } from '../../../src/engine/process/process-usage.ts'
import type { ProcessOptions } from '../../../src/engine/process/program.ts'
import { openStdinFile } from '../../../src/engine/process/stdin-file.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

let count = 0

function supervise(options: Partial<ProcessOptions> & { readonly script: string; readonly more?: readonly string[] }) {
  const run = `process-test-${process.pid}-${++count}`
  const supervisor = new ProcessSupervisor(run)
  onTestFinished(() => supervisor.end())
  const { script, more = [], ...others } = options
  const env = { PATH: process.env.PATH ?? '' }
  const exit = supervisor.run({ command: '/bin/sh', args: ['-c', script, 'sh', ...more], cwd: '/', env, ...others })
  return { exit, alive: () => pidsWithMarker('REPRISE_RUN', run), supervisor }
}

/** Resolves when the program has printed `times` lines. */
function lines(times: number) {
  const seen: string[] = []
  let told: () => void = () => {}
  const all = new Promise<void>((resolve) => {
    told = resolve
  })
  const onStdoutLine = (line: string) => {
    seen.push(line)
    if (seen.length === times) told()
  }
  return { seen, all, onStdoutLine }
}

/** Starts one that ignores TERM in a session of its own, which nobody waits for, and says that it is there. */
const stubbornDaemon = `(setsid sh -c 'trap "" TERM; echo daemon; while :; do sleep 1000; done' &) &`
/** Takes TERM as a reason to go, and says so. */
const politeDaemon = `(setsid sh -c 'trap "echo asked >$0; exit" TERM; echo daemon; while :; do sleep 0.01; done' "$1" &) &`

describe('a cancelled process', () => {
  it('takes with it what left its group and ignores TERM, after the grace', async () => {
    const { seen, all, onStdoutLine } = lines(2)
    const cancel = new AbortController()
    const script = `${stubbornDaemon} trap "" TERM; echo leader; while :; do sleep 1000; done`
    const { exit, alive } = supervise({ script, onStdoutLine, signal: cancel.signal, killGraceMs: 50 })
    await all
    expect([...seen].sort()).toEqual(['daemon', 'leader'])
    // What each of the two starts may still be on its way.
    while (alive().length < 4) await new Promise((resolve) => setImmediate(resolve))
    cancel.abort()
    expect(await exit).toMatchObject({ exitCode: null, signal: 'SIGKILL', killedForMemory: false })
    expect(alive()).toEqual([])
  })

  it('gives all members the grace, also those that outlive it', async () => {
    const asked = join(temporaryDirectory(), 'asked')
    const { all, onStdoutLine } = lines(2)
    const cancel = new AbortController()
    // With this grace, the test's own limit would be reached first.
    const wait = { onStdoutLine, signal: cancel.signal, killGraceMs: 600_000 }
    const { exit, alive } = supervise({ script: `${politeDaemon} echo leader; sleep 1000`, more: [asked], ...wait })
    await all
    cancel.abort()
    expect((await exit).signal).toBe('SIGTERM')
    expect(readFileSync(asked, 'utf8')).toBe('asked\n')
    expect(alive()).toEqual([])
  })

  it('is killed at once by the second word', async () => {
    const { all, onStdoutLine } = lines(2)
    const [cancel, kill] = [new AbortController(), new AbortController()]
    const script = `${stubbornDaemon} echo leader; sleep 1000`
    const signals = { signal: cancel.signal, killSignal: kill.signal, killGraceMs: 600_000 }
    const { exit, alive } = supervise({ script, onStdoutLine, ...signals })
    await all
    cancel.abort()
    kill.abort()
    await exit
    expect(alive()).toEqual([])
  })
})

describe('a process that ends', () => {
  it('is not waited for longer because something that left its group holds its pipes', async () => {
    const { seen, all, onStdoutLine } = lines(2)
    // It ends when the other has left its group, and not before: it would be ended with the group.
    const daemon = `(setsid sh -c 'echo daemon; echo >"$0"; while :; do sleep 1000; done' "$1" &) &`
    const script = `mkfifo "$1"; ${daemon} read -r _ <"$1"; echo leader`
    const { exit } = supervise({ script, more: [join(temporaryDirectory(), 'fifo')], onStdoutLine })
    await all
    expect((await exit).exitCode).toBe(0)
    expect([...seen].sort()).toEqual(['daemon', 'leader'])
  })

  it('tells the processor time of its whole tree, of what has ended, too', async () => {
    const spin = 'for (let used = 0; used < 100_000; used = process.cpuUsage().user);'
    const { exit } = supervise({ script: `"$1" -e '${spin}' & "$1" -e '${spin}'; wait`, more: [process.execPath] })
    const { exit: idle } = supervise({ script: ':' })
    // Linux counts in ticks of 10 ms, for each process and for its system time apart.
    expect((await exit).cpuTimeMs).toBeGreaterThanOrEqual(160)
    expect((await idle).cpuTimeMs).toBeLessThan(100)
  })

  it('tells what its whole tree has resident at once', async () => {
    const take = (mebibytes: number) =>
      `const bytes = Buffer.alloc(${mebibytes} * 1048576, 1); console.log(bytes.length); process.stdin.resume()`
    const script = `exec 3<&0; "$1" -e '${take(100)}' <&3 & "$1" -e '${take(150)}' <&3 & wait`
    const child = spawn('/bin/sh', ['-c', script, 'sh', process.execPath], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.stdin.end())
    const { all, onStdoutLine } = lines(2)
    createInterface({ input: child.stdout }).on('line', onStdoutLine)
    await all
    const { rssBytes = 0 } = treeUsageOf(child.pid ?? 0) ?? {}
    expect(rssBytes).toBeGreaterThan(250 * 1048576)
    expect(rssBytes).toBeLessThan(600 * 1048576)
  })
})

describe('standard input', () => {
  it('is a file that can be opened again by its name, and has none in the directory', async () => {
    const dir = temporaryDirectory()
    const file = openStdinFile(dir, 'one\ntwo\n')
    const { exit } = supervise({ script: 'cat; cat /dev/stdin; ls "$1"', more: [dir], stdinFile: file })
    expect((await exit).stdout).toBe('one\ntwo\none\ntwo\n')
    closeSync(file)
  })

  it('is empty without one', async () => {
    expect((await supervise({ script: 'cat' }).exit).stdout).toBe('')
  })
})

describe('the time of children that have ended', () => {
  it('is told for each alone, and shared by those that end together', async () => {
    let total = 1000
    const reaped = new ReapedTime(() => total)
    reaped.begin()
    total += 70
    expect(await reaped.end(20)).toBe(70)
    // What others used while nothing was watched is nobody's.
    total += 500
    for (let i = 0; i < 2; i++) reaped.begin()
    total += 100
    expect(await Promise.all([reaped.end(10), reaped.end(50)])).toEqual([30, 70])
    reaped.begin()
    expect(await reaped.end(40)).toBe(40)
  })

  it('is unknown where the system does not tell', async () => {
    const reaped = new ReapedTime(() => undefined)
    reaped.begin()
    expect(await reaped.end(0)).toBeUndefined()
  })
})
