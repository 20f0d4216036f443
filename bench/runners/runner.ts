import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Package } from '../install.ts'
import type { Command } from '../peers.ts'

/** A program that does what `reprise run` does when there is nothing to do: it finds that out. */
export interface Runner {
  /** With its version, and with what else was decided for it. */
  readonly name: string
  readonly package: Package
  /** Writes a grid of `count` steps as the program wants to be told of it. */
  readonly lay: (dir: string, count: number) => Promise<void>
  /** The command that brings all of the grid up to date, run inside `dir`; `bin` is where the program was installed. */
  readonly command: (bin: string) => Command
  readonly env: Readonly<Record<string, string>>
  /** What is in the environment besides when it computes the grid, which is not measured. */
  readonly computingEnv?: (dir: string) => Readonly<Record<string, string>>
  /** The file that a step leaves, inside `dir`. */
  readonly output: (index: number) => string
  /** Ends what the program leaves running. */
  readonly stop?: (bin: string) => Command
}

/** The file of a grid into which every step that executes writes its number, so that none does so unseen. */
export const executedFile = 'executed.log'

const lineScript = `# FROM TO NUMBER: what one step does.
set -eu
cp "$1" "$2"
echo "$3" >>"$2"
echo "$3" >>"$(dirname "$0")/${executedFile}"
`

/** One step of a grid: it copies what the step before it in its chain has left, or the grid's input, and adds a line. */
export interface GridStep {
  readonly index: number
  readonly before?: number
}

/** Returns the steps of ten chains side by side. */
export function gridSteps(count: number): GridStep[] {
  const chains = Math.min(10, count)
  return Array.from({ length: count }, (_, index) => ({
    index,
    ...(index < chains ? {} : { before: index - chains }),
  }))
}

/** Returns the last step of each chain. */
export function gridEnds(count: number): GridStep[] {
  return gridSteps(count).slice(-Math.min(10, count))
}

/** Writes what every grid has: the input, and the script that each step runs. */
export function writeShared(dir: string): void {
  write(dir, 'input.txt', 'a line\n')
  write(dir, 'line.sh', lineScript)
}

/** Writes a file, as JSON unless it is text, with the directories that it needs. */
export function write(dir: string, path: string, content: string | object): void {
  const file = join(dir, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`)
}
