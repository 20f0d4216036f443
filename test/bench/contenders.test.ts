import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findingNothing, puttingBack, settle, takingIn } from '../../bench/keepers/contenders.ts'
import { usageOf } from '../../bench/keepers/content.ts'
import type { Data, Keeper, Place } from '../../bench/keepers/keeper.ts'
import type { Contender } from '../../bench/measure.ts'

let dir: string
let data: Data

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bench-contenders-'))
  writeFileSync(join(dir, 'song.wav'), 'a song')
  data = { kind: 'file', title: 'one song', dir, name: 'song.wav', bytes: 6 }
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

/** What a shell does for a keeper: in `$PLACE`, of `$NAME`. */
interface Scripts {
  readonly takeIn?: string
  readonly putBack?: string
  readonly findNothing?: string
}

/** Returns a program of three shell scripts, which keeps copies. */
function scripted({
  takeIn = 'cp -r "$NAME" "$PLACE/kept/"',
  putBack = 'cp -r "$PLACE/kept/$NAME" "$PLACE/out/"',
  findNothing = 'cmp "$NAME" "$PLACE/kept/$NAME"',
}: Scripts = {}): Keeper {
  const task = (name: string, script: string) => ({ name, commands: () => [['sh', '-ec', script] as const] })
  return {
    name: 'copies',
    async lay(place) {
      for (const name of ['kept', 'out']) mkdirSync(join(place.dir, name))
    },
    env: (place) => ({ PLACE: place.dir, NAME: place.data.name }),
    cwd: (place) => place.data.dir,
    takeIn: [task('in', takeIn)],
    putBack: [task('back', putBack)],
    findNothing: [task('', findNothing)],
    kept,
    workCount: (place) => usageOf(kept(place)).files,
    restored,
    cleared: restored,
    looksAtRestored: false,
  }
}

const kept = (place: Place) => join(place.dir, 'kept')
const restored = (place: Place) => join(place.dir, 'out', place.data.name)

async function take(contenders: readonly Contender[]): Promise<void> {
  for (const { before, run, after } of contenders) {
    await before?.()
    await run()
    await after?.()
  }
}

function section(name: string): string {
  const path = join(dir, name)
  mkdirSync(path)
  return path
}

describe('settle', () => {
  it('has the data taken in, and leaves the place as empty as it was', async () => {
    const { place } = await settle(scripted(), section('settled'), data)
    expect(readFileSync(join(kept(place), 'song.wav'), 'utf8')).toBe('a song')
    expect(existsSync(restored(place))).toBe(false)
  })

  it('leaves what was put back where the program looks at it later', async () => {
    const { place } = await settle({ ...scripted(), looksAtRestored: true }, section('settled'), data)
    expect(existsSync(restored(place))).toBe(true)
  })

  it.each([
    ['keeps less than it was given', { takeIn: 'head -c 3 "$NAME" >"$PLACE/kept/$NAME"' }, 'copies kept 3 bytes of 6'],
    ['puts other bytes back', { putBack: 'echo "a sonG" | head -c 6 >"$PLACE/out/$NAME"' }, /song.wav differs from/],
    ['puts nothing back', { putBack: 'true' }, 'ENOENT'],
    ['takes more in as it puts back', { putBack: 'cp "$NAME" "$PLACE/out/"; touch "$PLACE/kept/more"' }, 'after all'],
    ['takes it in again', { findNothing: 'cp "$NAME" "$PLACE/kept/again-$$"' }, 'copies had something to do after all'],
    ['says that something changed', { findNothing: 'exit 1' }, 'sh ended with 1'],
  ])('refuses a program that %s', async (_, scripts, words) => {
    await expect(settle(scripted(scripts), section('settled'), data)).rejects.toThrow(words)
  })
})

describe('takingIn', () => {
  it('names what is done, and takes in to a new place at each round', async () => {
    const places = section('places')
    const seen: string[][] = []
    const keeper = scripted()
    const lay = (place: Place) => {
      seen.push(readdirSync(place.dir))
      return keeper.lay(place)
    }
    const contenders = takingIn({ ...keeper, lay }, places, data)
    expect(contenders.map(({ name }) => name)).toEqual(['copies in'])
    await take(contenders)
    await take(contenders)
    expect(seen).toEqual([[], []])
    expect(readdirSync(places)).toEqual([])
  })

  it('moves nothing of small files, which are removed at the end only', async () => {
    const small = section('small')
    writeFileSync(join(small, '1'), 'one')
    const places = section('places')
    const contenders = takingIn(scripted(), places, { ...data, kind: 'tree', name: 'small', bytes: 3 })
    await take(contenders)
    await take(contenders)
    expect(readdirSync(places)).toHaveLength(2)
  })

  it('fails when a later round keeps less', async () => {
    const contenders = takingIn(scripted({ takeIn: 'true' }), section('places'), data)
    await expect(take(contenders)).rejects.toThrow('copies kept 0 bytes of 6')
  })
})

describe('puttingBack', () => {
  it('puts back where there is nothing, round after round', async () => {
    const absentBefore = 'test ! -e "$PLACE/out/$NAME"; cp "$PLACE/kept/$NAME" "$PLACE/out/"'
    const keeper = { ...scripted({ putBack: absentBefore }), looksAtRestored: true }
    const settled = await settle(keeper, section('settled'), data)
    const contenders = puttingBack(settled)
    expect(contenders.map(({ name }) => name)).toEqual(['copies back'])
    await take(contenders)
    await take(contenders)
    expect(existsSync(restored(settled.place))).toBe(true)
  })

  it('moves small files out of the place instead of removing them', async () => {
    const small = section('small')
    writeFileSync(join(small, '1'), 'one')
    const tree: Data = { ...data, kind: 'tree', name: 'small', bytes: 3 }
    const { place, ...rest } = await settle(scripted({ findNothing: 'true' }), section('settled'), tree)
    await take(puttingBack({ place, ...rest }))
    expect(existsSync(restored(place))).toBe(false)
    expect(readdirSync(rest.aside)).toHaveLength(2)
  })

  it('fails when the bytes go wrong later', async () => {
    const settled = await settle(scripted(), section('settled'), data)
    writeFileSync(join(kept(settled.place), 'song.wav'), 'a sonG')
    await expect(take(puttingBack(settled))).rejects.toThrow(/differs from/)
  })
})

describe('findingNothing', () => {
  it('bears the name of the program where it has but one thing to do, and fails when there is something to do', async () => {
    const settled = await settle(scripted(), section('settled'), data)
    const contenders = findingNothing(settled)
    expect(contenders.map(({ name }) => name)).toEqual(['copies'])
    await take(contenders)
    writeFileSync(join(dir, 'song.wav'), 'a sonG')
    await expect(take(contenders)).rejects.toThrow('sh ended with 1')
  })
})
