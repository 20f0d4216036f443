import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from '../measure.ts'
import { runProgram } from '../peers.ts'
import { setAside } from '../scratch.ts'
import { requireSame, usageOf } from './content.ts'
import { type Data, type Keeper, type Place, sourceOf, type Task } from './keeper.ts'

/** A program with a place where it has taken the data in. */
export interface Settled {
  readonly keeper: Keeper
  readonly place: Place
  /** An empty directory outside of the place, for what is in the way. */
  readonly aside: string
}

/** Returns how the rows call what a program does. */
export function nameOf(keeper: Keeper, task: Task): string {
  return `${keeper.name} ${task.name}`.trim()
}

/** Has a program take data in inside `dir`, and makes sure that it did: it puts the same bytes back, and finds nothing to do. */
export async function settle(keeper: Keeper, dir: string, data: Data): Promise<Settled> {
  const settled = { keeper, place: { dir: join(dir, 'place'), data }, aside: join(dir, 'aside') }
  const { place } = settled
  mkdirSync(place.dir)
  mkdirSync(settled.aside)
  await keeper.lay(place)
  const [takeIn] = keeper.takeIn
  if (takeIn === undefined) throw new Error(`${keeper.name} takes nothing in`)
  await perform(keeper, takeIn, place)
  requireKept(keeper, place)
  for (const contender of puttingBack(settled)) await once(contender)
  // What was written a moment ago may not be trusted by its time alone: the second time is the first to trust all.
  for (const contender of findingNothing(settled)) {
    await contender.run()
    await once(contender)
  }
  return settled
}

/** Returns the contenders that take data in, each time into a place that is new, because what is there already costs nothing. */
export function takingIn(keeper: Keeper, dir: string, data: Data): Contender[] {
  return keeper.takeIn.map((task, index) => {
    let round = 0
    let place: Place = { dir, data }
    return {
      name: nameOf(keeper, task),
      async before() {
        round += 1
        place = { dir: join(dir, `${index}-${round}`), data }
        mkdirSync(place.dir)
        await keeper.lay(place)
        await writtenOut()
      },
      run: () => perform(keeper, task, place),
      after() {
        requireKept(keeper, place)
        if (data.kind === 'file') rmSync(place.dir, { recursive: true })
      },
    }
  })
}

/** Returns the contenders that put data back where there is none; the bytes are compared outside of the time. */
export function puttingBack({ keeper, place, aside }: Settled): Contender[] {
  const clear = () => {
    const path = keeper.cleared(place)
    if (!existsSync(path)) return
    if (place.data.kind === 'file') rmSync(path, { recursive: true })
    else setAside(path, aside)
  }
  return keeper.putBack.map((task) => {
    let workBefore = 0
    return {
      name: nameOf(keeper, task),
      async before() {
        clear()
        workBefore = keeper.workCount(place)
        await writtenOut()
      },
      run: () => perform(keeper, task, place),
      after() {
        requireSame(sourceOf(place), keeper.restored(place))
        requireNoWork(keeper, place, workBefore)
        if (!keeper.looksAtRestored) clear()
      },
    }
  })
}

/** Returns the contenders that find nothing to do, and fail when there was anything. */
export function findingNothing({ keeper, place }: Settled): Contender[] {
  return keeper.findNothing.map((task) => {
    let workBefore = 0
    return {
      name: nameOf(keeper, task),
      before() {
        workBefore = keeper.workCount(place)
      },
      run: () => perform(keeper, task, place),
      after: () => requireNoWork(keeper, place, workBefore),
    }
  })
}

async function perform(keeper: Keeper, { commands }: Task, place: Place): Promise<void> {
  for (const [command, ...args] of commands(place))
    await runProgram(command, args, { cwd: keeper.cwd(place), env: keeper.env(place) })
}

async function once({ before, run, after }: Contender): Promise<void> {
  await before?.()
  await run()
  await after?.()
}

/** The data is nothing but noise, which no program makes smaller. */
function requireKept(keeper: Keeper, place: Place): void {
  const { bytes } = usageOf(keeper.kept(place))
  if (bytes < place.data.bytes) throw new Error(`${keeper.name} kept ${bytes} bytes of ${place.data.bytes}`)
}

function requireNoWork(keeper: Keeper, place: Place, before: number): void {
  if (keeper.workCount(place) !== before) throw new Error(`${keeper.name} had something to do after all`)
}

/** Waits until the disk has what the others have left to the system, so that nobody pays for their writing. */
function writtenOut(): Promise<void> {
  return runProgram('sync', [])
}
