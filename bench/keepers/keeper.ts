import { join } from 'node:path'
import type { Command } from '../peers.ts'

/** What is kept: one large file, or a directory of many small ones. */
export interface Data {
  readonly kind: 'file' | 'tree'
  /** How a row calls it. */
  readonly title: string
  readonly dir: string
  /** Its name in `dir`, and wherever it is put back. */
  readonly name: string
  readonly bytes: number
}

/** A directory in which a program keeps data, with all that it writes. */
export interface Place {
  readonly dir: string
  readonly data: Data
}

/** One thing that a program is asked to do, by commands that run one after the other. */
export interface Task {
  /** Its name in a row, with the program's. */
  readonly name: string
  readonly commands: (place: Place) => readonly Command[]
}

/** A program that takes data in, puts it back, and finds out that there is nothing to do. */
export interface Keeper {
  /** With its version, and with what else was decided for it. */
  readonly name: string
  /** Makes what the program wants to find before it takes data in, such as an empty repository. Not measured. */
  readonly lay: (place: Place) => Promise<void>
  readonly env: (place: Place) => Readonly<Record<string, string>>
  /** Where its commands run. */
  readonly cwd: (place: Place) => string
  readonly takeIn: readonly Task[]
  readonly putBack: readonly Task[]
  readonly findNothing: readonly Task[]
  /** The directory that holds the bytes once they are taken in. */
  readonly kept: (place: Place) => string
  /** Counts what the program did: it grows when there was something to do after all. */
  readonly workCount: (place: Place) => number
  /** Where the data lies when it is put back, and what is taken away so that the place is empty again. */
  readonly restored: (place: Place) => string
  readonly cleared: (place: Place) => string
  /** Whether what was put back is what the program looks at when it finds nothing to do, so that it has to stay. */
  readonly looksAtRestored: boolean
}

/** Returns the path of the data as it was given. */
export function sourceOf({ data }: Pick<Place, 'data'>): string {
  return join(data.dir, data.name)
}
