import type { ChildProcess } from 'node:child_process'
import type { JsonObject } from '../contract/json.ts'
import { guardedParse, isObject } from '../contract/json-guards.ts'
import { SystemError } from '../disk/io-failure.ts'
import { indexChildProgram } from './index-child-program.ts'

/** How a child process ended: it answered, or what it met in the index ended it. */
export type ChildEnd =
  | { readonly kind: 'answered'; readonly answer: JsonObject }
  | { readonly kind: 'crashed'; readonly how: string }

/** The signals that a process ends by itself with. */
const crashes = ['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']

/** A child that has not said for so long that it goes on goes round in the file for ever. */
const silentMs = 60_000

/** LMDB prints a list of free pages in which there is a contradiction, however long it is. */
const stderrBytesMax = 1 << 20

/**
 * Runs `index-child.ts` with these arguments and file descriptors. Throws a system error where that could not be done, or
 * was ended.
 */
export async function runIndexChild(args: readonly string[], held: readonly number[]): Promise<ChildEnd> {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const child = spawn(process.execPath, [...indexChildProgram(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...held],
  })
  let isGivenUp = false
  const giveUp = () => {
    isGivenUp = true
    child.kill('SIGKILL')
  }
  const silence = setTimeout(giveUp, silentMs)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    silence.refresh()
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < stderrBytesMax) stderr += text
    else giveUp()
  })
  try {
    const { code, signal } = await endOf(child)
    const answer = guardedParse(stdout.trimEnd().split('\n').at(-1) ?? '')
    if (isObject(answer)) {
      const { failed, unreadable } = answer
      if (typeof unreadable === 'string') return { kind: 'crashed', how: unreadable }
      // LMDB's own errors have negative numbers, and say that it cannot make anything of the file.
      if (typeof failed === 'string' && Number(failed) < 0)
        return { kind: 'crashed', how: `LMDB refuses it (${failed})` }
      if (typeof failed === 'string') throw new SystemError(failed, 'the index cannot be read')
      return { kind: 'answered', answer }
    }
    if (isGivenUp) return { kind: 'crashed', how: 'reading it does not end' }
    if (signal !== null && crashes.includes(signal)) return { kind: 'crashed', how: `reading it ends with ${signal}` }
    if (signal !== null) throw new SystemError(signal, `the process was ended by ${signal}`)
    throw new Error(`the process that reads the index ended with ${code}: ${stderr.slice(-2000)}`)
  } finally {
    clearTimeout(silence)
  }
}

function endOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    // When it cannot be started, because there are no processes or file descriptors left.
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}
