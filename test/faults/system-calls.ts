import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { programPath } from '../rig/program.ts'

/** The calls by which a process changes what is on the disk, apart from those with which it opens files. */
export const writingCalls = [
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'copy_file_range',
  'ftruncate',
  'fsync',
  'fdatasync',
  'mkdir',
  'rmdir',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'unlink',
  'unlinkat',
] as const

export const openingCalls = ['open', 'openat'] as const

/** The calls that need rights on a directory. */
const namingCalls = ['mkdir', 'rmdir', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat']

/** One system call of a program: the n-th of its kind in its thread. */
export interface CallPoint {
  readonly call: string
  readonly when: number
}

/** What is done to a program at a call: it is killed before the call, or the call fails. */
export type Injection = 'signal=SIGKILL' | ErrorInjection
export type ErrorInjection = `error=${'ENOSPC' | 'EIO' | 'EMFILE' | 'EACCES'}`

/** Returns whether a call can end like this. */
export function canEndWith({ call }: CallPoint, injection: Injection): boolean {
  const opens = openingCalls.some((name) => name === call)
  if (injection === 'error=EMFILE') return opens
  return injection === 'error=EACCES' ? opens || namingCalls.includes(call) : !opens
}

/** How a program ended to which something was done. */
export interface ProgramEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** The calls that were struck, with their paths, as strace writes them: it counts those of each thread by themselves. */
  readonly struck: readonly string[]
}

/** Why system calls cannot be injected into on this machine, or undefined where they can. */
export const cannotInject = reasonNotTo()

function reasonNotTo(): string | undefined {
  if (process.platform !== 'linux') return 'there is no strace'
  try {
    execFileSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', '-e', 'trace=fsync', 'true'], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isAbsent ? 'strace is not installed' : 'strace may not be used'
  }
}

/** A program of `scripts/` with its arguments, and the file for strace's notes. */
export interface TracedProgram {
  readonly name: string
  readonly args: readonly string[]
  readonly notes: string
}

/** strace injects no signal while the kernel filters the calls for it, which is otherwise much faster. */
const filtered = ['--seccomp-bpf']

/** Returns those of the calls of a program that concern files whose path holds `below`: by default those that write. */
export async function callsOf(
  program: TracedProgram,
  below: string,
  calls: readonly string[] = writingCalls,
): Promise<readonly CallPoint[]> {
  const ended = await runTraced(program, calls, filtered)
  if (ended.exitCode !== 0) throw new Error(`${program.name} ended with ${ended.exitCode}: ${ended.stderr}`)
  const counts = new Map<string, number>()
  const points = new Map<string, CallPoint>()
  for (const line of readFileSync(program.notes, 'utf8').split('\n')) {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    if (thread === undefined || call === undefined) continue
    // strace counts the calls of each thread by themselves.
    const when = (counts.get(`${thread} ${call}`) ?? 0) + 1
    counts.set(`${thread} ${call}`, when)
    if (line.includes(below)) points.set(`${call} ${when}`, { call, when })
  }
  return [...points.values()]
}

/** How far beside its number a call is looked for: some of Node's own threads write to each other now and then. */
const offsets = [0, 1, -1]

/** How often a program is run again when Node's own threads were struck, too, which end the process when they cannot write. */
const attemptsMax = 5

/**
 * Runs a program again and again, from the state that `restore` makes, until something was done to it at a call that
 * concerns files below `below`, and at no other; returns undefined where that does not come about.
 */
export async function strike(
  program: TracedProgram,
  point: CallPoint,
  injection: Injection,
  { below, restore }: { readonly below: string; readonly restore: () => void },
): Promise<ProgramEnd | undefined> {
  const faster = injection === 'signal=SIGKILL' ? [] : filtered
  for (const offset of offsets) {
    const when = Math.max(1, point.when + offset)
    const seen: string[] = []
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      restore()
      const end = await runTraced(
        program,
        [point.call],
        [...faster, '-e', `inject=${point.call}:${injection}:when=${when}`],
      )
      const right = end.struck.filter((call) => call.includes(below))
      if (right.length === 0) break
      if (right.length === end.struck.length) return end
      // What is struck three times is no thread of Node's by chance.
      const others = placesOf(end.struck.filter((call) => !call.includes(below)))
      seen.push(others)
      if (seen.filter((one) => one === others).length === 3) break
    }
  }
  return undefined
}

/** Returns what calls concern, without what differs from one run to the next: threads, descriptors and results. */
function placesOf(calls: readonly string[]): string {
  const places = calls.map((call) => call.replace(/^\d+ +/, '').replace(/0x[0-9a-f]+|\d+/g, 'n'))
  return places.sort().join('\n')
}

function runTraced(
  { name, args, notes }: TracedProgram,
  calls: readonly string[],
  options: readonly string[],
): Promise<ProgramEnd> {
  const strace = ['-f', '-y', '-qq', '-o', notes, '-e', `trace=${calls.join()}`, ...options]
  const node = [process.execPath, programPath(name), ...args]
  return new Promise<Omit<ProgramEnd, 'struck'>>((resolve) => {
    const child = execFile('strace', [...strace, ...node], (_, stdout, stderr) => {
      resolve({ exitCode: child.exitCode, signal: child.signalCode, stdout, stderr })
    })
  }).then((end) => ({ ...end, struck: struckCalls(readFileSync(notes, 'utf8')) }))
}

/** Returns the calls that were made to fail, or else the one in which a thread was killed. */
function struckCalls(notes: string): readonly string[] {
  const lines = notes.split('\n')
  const failed = lines.filter((line) => line.includes('(INJECTED)'))
  const ended = lines.findLast((line) => / = \?$/.test(line))
  return (failed.length > 0 || ended === undefined ? failed : [ended]).map((line) => beginningOf(line, lines))
}

/** Returns the line in which a call began that is interrupted by those of other threads. */
function beginningOf(line: string, lines: readonly string[]): string {
  const [, thread, call] = /^(\d+) +<\.\.\. (\w+) resumed>/.exec(line) ?? []
  if (thread === undefined || call === undefined) return line
  const began = new RegExp(`^${thread} +${call}\\(.*<unfinished`)
  return lines.slice(0, lines.indexOf(line)).findLast((other) => began.test(other)) ?? line
}

/** Returns so many of the points, evenly spread; all of them where there are no more. */
export function sampleOf(points: readonly CallPoint[], count: number): readonly CallPoint[] {
  if (points.length <= count) return points
  return Array.from({ length: count }, (_, index) => points[Math.floor((index * points.length) / count)]).filter(
    (point) => point !== undefined,
  )
}
