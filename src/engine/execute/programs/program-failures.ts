import { existsSync } from 'node:fs'
import { type Failure, saysOutOfMemory, type Tool } from '../../../core/index.ts'
import type { ProcessExit, SpawnError } from '../../process/program.ts'
import { type LastLines, tailLength } from './last-lines.ts'

/** The step that a program runs for. */
export interface ProgramPlace {
  readonly step: string
  readonly outDir: string
  /** Takes secrets out of a text. */
  readonly hide: (text: string) => string
  /** Returns the failure of a step whose device is out of memory. */
  readonly outOfMemory: (message: string) => Failure
}

/** Returns the failure of a step whose program ended otherwise than it was to end. */
export function endedWrongly(
  { step, outDir, hide, outOfMemory }: ProgramPlace,
  tool: Tool,
  exit: ProcessExit,
  printed: LastLines,
): Failure {
  const { exitCode, signal, stderrTail } = exit
  if (stderrTail.includes('No space left on device')) return { kind: 'disk-full', step, path: outDir }
  if (printed.memoryWord !== undefined) return outOfMemory(printed.memoryWord)
  if (exit.killedForMemory) return outOfMemory(`the system killed ${tool.name}, because it ran out of memory`)
  const tail = hide(printed.text).slice(-tailLength)
  return { kind: 'stage-exited', step, tool: tool.name, exitCode, signal, stderrTail: tail }
}

/** Returns the failure of a step whose program was asked, and ended. */
export function endedUnasked(place: ProgramPlace, tool: Tool, exit: ProcessExit, printed: LastLines): Failure {
  if (exit.exitCode !== 0) return endedWrongly(place, tool, exit, printed)
  const message = `${tool.name} ended without an answer; a program that is asked reads on until its standard input ends`
  return { kind: 'stage-failed', step: place.step, message }
}

/** Returns the failure of a step whose program says that it has no answer. */
export function refused({ step, hide, outOfMemory }: ProgramPlace, tool: Tool, message: string): Failure {
  const said = hide(message).slice(0, tailLength)
  return saysOutOfMemory(said) ? outOfMemory(said) : { kind: 'stage-failed', step, message: `${tool.name}: ${said}` }
}

/** Returns the failure of a step whose program printed more than is kept. */
export function tooMuch(step: string, { name }: Tool, bytes: number, where: string): Failure {
  const message = `${name} printed more than ${bytes / 1024 / 1024} MiB ${where}; have it write to a file, or read its lines with onStdoutLine`
  return { kind: 'stage-failed', step, message }
}

/** The errors for a program that is not there, or is none. */
const missing: readonly string[] = ['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR', 'EISDIR', 'ELOOP']

/** Returns the failure of a step whose program cannot be started. */
export function unstartable(
  { step, outDir }: ProgramPlace,
  tool: Tool,
  { code }: SpawnError,
  args: readonly string[],
): Failure {
  if (code === 'ENOENT' && !existsSync(outDir)) {
    return {
      kind: 'stage-failed',
      step,
      message: `the stage removed its working directory, in which ${tool.name} starts`,
    }
  }
  if (!missing.includes(code) && code !== 'E2BIG') {
    const message = `${tool.name} cannot be started, because the system has no room for it (${code}); run fewer steps at once with --jobs, or raise the limit of open files or processes`
    return { kind: 'stage-failed', step, message }
  }
  if (code === 'E2BIG') {
    const bytes = args.reduce((sum, word) => sum + Buffer.byteLength(word), 0)
    const message = `${bytes} bytes of arguments for ${tool.name} are more than the system allows; pass them in a file or on standard input`
    return { kind: 'stage-failed', step, message }
  }
  return { kind: 'tool-missing', tool: tool.name, what: `${tool.name} cannot be started (${code})`, install: '' }
}
