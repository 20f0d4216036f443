import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { livenessOf, ownIdentity, type ProcessIdentity } from '../../../store/disk/process-identity.ts'
import { jobLease } from '../../../store/leases/lease-names.ts'
import { leaseTablePath } from '../../../store/leases/lease-table.ts'
import { createLocalLeases } from '../../../store/leases/local-leases.ts'
import { dataPath } from '../../../store/opening/index-use.ts'
import { createStoreClock, machineClocks } from '../../../store/tables/store-clock.ts'
import { newDirectory, open } from '../fixtures.ts'

/** Returns leases as another process would have them, on the store in `dir`. */
async function leasesOf(dir: string, identity: Partial<ProcessIdentity>, monotonicMs?: () => number) {
  const { db, layout } = (await open({ dir })).context
  const clocks = { ...machineClocks(Date.now), ...(monotonicMs === undefined ? {} : { monotonicMs }) }
  const clock = createStoreClock(db, clocks)
  return createLocalLeases({ db, layout, clocks, clock, identity: { ...ownIdentity(), ...identity } })
}

describe('a lease whose holder is', () => {
  it.each([
    ['a process that is no more', { pid: 2 ** 22 + 1 }],
    ['a process whose pid another one has now', { pid: process.ppid, startedAt: '1' }],
    ['an earlier process with our own pid', { startedAt: '1' }],
    ['a process of an earlier boot', { bootId: '00000000-0000-0000-0000-000000000000' }],
  ])('%s is taken over', async (_name, identity) => {
    const dir = newDirectory()
    const gone = await leasesOf(dir, identity)
    expect('lease' in gone.tryAcquire('a', 'gone')).toBe(true)
    const { leases } = await open({ dir })
    expect(leases.held()).toEqual([])
    expect('lease' in leases.tryAcquire('a', 'me')).toBe(true)
  })

  it('in another pid namespace is left to it, unless it has been silent for a minute', async () => {
    const dir = newDirectory()
    let monotonicMs = 1_000_000
    const container = await leasesOf(dir, { pid: 1, pidNamespace: 'pid:[1]' }, () => monotonicMs)
    container.tryAcquire('a', 'in a container')
    const here = await leasesOf(dir, {}, () => monotonicMs)
    expect(here.tryAcquire('a', 'me')).toMatchObject({ holder: { note: 'in a container', isHere: false } })
    monotonicMs += 59_000
    expect('holder' in here.tryAcquire('a', 'me')).toBe(true)
    monotonicMs += 2_000
    expect('lease' in here.tryAcquire('a', 'me')).toBe(true)
  })

  it.each<[string, Partial<ProcessIdentity>, Partial<ProcessIdentity>]>([
    ['holder says nothing of its boot', { bootId: '' }, {}],
    ['other process cannot tell its boot', {}, { bootId: '' }],
    ['holder says nothing of its pid namespace', { pidNamespace: '' }, {}],
    ['other process cannot tell its pid namespace', {}, { pidNamespace: '' }],
    ['two know nothing of theirs', { bootId: '', pidNamespace: '' }, { bootId: '', pidNamespace: '' }],
    ['holder is in a container without /proc', { pid: 1, bootId: '', pidNamespace: '', startedAt: '' }, {}],
    ['holder has a clock of its own', { pid: 1, pidNamespace: 'pid:[1]' }, {}],
  ])('unknown to another process is left to it where the %s', async (_, identity, other) => {
    const dir = newDirectory()
    const alive = await leasesOf(dir, identity, () => 9_000_000)
    alive.tryAcquire('a', 'alive')
    const here = await leasesOf(dir, { startedAt: '1', pid: process.ppid, ...other }, () => 8_999_000)
    expect(here.tryAcquire('a', 'me')).toMatchObject({ holder: { note: 'alive' } })
    here.forgetDead()
    expect(here.holder('a')).toMatchObject({ note: 'alive' })
  })

  it('dead is taken over, whether or not its boot is known', async () => {
    const dir = newDirectory()
    const gone = await leasesOf(dir, { pid: 2 ** 22 + 1, bootId: '' })
    gone.tryAcquire('a', 'gone')
    const here = await leasesOf(dir, { bootId: '' })
    expect('lease' in here.tryAcquire('a', 'me')).toBe(true)
  })

  it('of a clock that is ahead is watched for a minute, and left to it while it is renewed', async () => {
    const dir = newDirectory()
    let monotonicMs = 1_000
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const container = await leasesOf(dir, { pid: 1, pidNamespace: 'pid:[1]' }, () => monotonicMs + 1e9)
    const here = await leasesOf(dir, {}, () => monotonicMs)
    const lease = await container.acquire('a', 'in a container')
    for (let minute = 0; minute < 3; minute++) {
      expect('holder' in here.tryAcquire('a', 'me')).toBe(true)
      monotonicMs += 59_000
      vi.advanceTimersByTime(10_000)
    }
    expect(lease.isHeld()).toBe(true)
    expect('holder' in here.tryAcquire('a', 'me')).toBe(true)
    monotonicMs += 61_000
    expect('lease' in here.tryAcquire('a', 'me')).toBe(true)
    expect(lease.isHeld()).toBe(false)
  })

  it('alive is not taken over, whatever the wall clock says', async () => {
    const dir = newDirectory()
    const future = await open({ dir, now: () => Date.now() + 3650 * 24 * 3600 * 1000 })
    future.leases.tryAcquire('a', 'from the future')
    const past = await open({ dir, now: () => 1000 })
    expect('holder' in past.leases.tryAcquire('a', 'me')).toBe(true)
  })
})

describe('leases', () => {
  it('exclude two stores of one process, and are free again when the first is closed', async () => {
    const dir = newDirectory()
    const one = await open({ dir })
    const two = await open({ dir })
    one.leases.tryAcquire('a', 'one')
    expect(two.leases.tryAcquire('a', 'two')).toMatchObject({ holder: { note: 'one' } })
    await one.close()
    expect('lease' in two.leases.tryAcquire('a', 'two')).toBe(true)
  })

  it('are handed to one waiter at a time', async () => {
    const { leases } = await open({ dir: newDirectory() })
    let holders = 0
    let most = 0
    const use = async () => {
      const lease = await leases.acquire('a', 'b')
      most = Math.max(most, ++holders)
      await new Promise(setImmediate)
      holders -= 1
      lease.release()
    }
    await Promise.all([use(), use(), use(), use()])
    expect(most).toBe(1)
  })
})

describe('taking and giving back a lease', () => {
  it('writes nothing to the index, whose writes wait for the disk', async () => {
    const { leases, context } = await open({ dir: newDirectory() })
    const index = () => readFileSync(dataPath(context.layout))
    const before = index()
    const lease = await leases.acquire('a', 'me')
    lease.release()
    expect(index().equals(before)).toBe(true)
  })

  it('works in a store that has no directory for it yet', async () => {
    const { leases, context } = await open({ dir: newDirectory() })
    rmSync(context.layout.leases, { recursive: true })
    leases.tryAcquire('a', 'me')
    expect(leases.held()).toMatchObject([{ name: 'a', own: true }])
  })

  it('is not prevented by a table that a crash left empty', async () => {
    const { leases, context } = await open({ dir: newDirectory() })
    leases.tryAcquire('a', 'me')
    writeFileSync(leaseTablePath(context.layout), '')
    const other = await open({ dir: context.layout.dir })
    expect('lease' in other.leases.tryAcquire('a', 'other')).toBe(true)
  })

  it('reuses the room of others that were given back, whatever their length, and shows each as it is', async () => {
    const dir = newDirectory()
    const { leases, context } = await open({ dir })
    const other = await open({ dir })
    const path = leaseTablePath(context.layout)
    const notes = [10, 1500, 700, 400, 1, 1400].map((length, n) => `${n}${'{"name":"x",\n'.repeat(length / 8)}`)
    const taken = notes.map((note, n) => leases.tryAcquire(`step ${n}`, note))
    const sizeBytes = statSync(path).size
    for (let round = 0; round < 20; round++) {
      const at = round % notes.length
      const answer = taken[at]
      if (answer !== undefined && 'lease' in answer) answer.lease.release()
      expect(other.leases.holder(`step ${at}`)).toBeUndefined()
      taken[at] = leases.tryAcquire(`step ${at}`, notes[at] ?? '')
      const held = new Map(other.leases.held().map(({ name, holder }) => [name, holder.note]))
      expect(held).toEqual(new Map(notes.map((note, n) => [`step ${n}`, note])))
      expect(other.leases.holder(`step ${at}`)?.note).toBe(notes[at])
    }
    expect(statSync(path).size).toBe(sizeBytes)
  })

  it.each([
    ['cut off', (path: string) => truncateSync(path, 700)],
    ['overwritten with nothing', (path: string) => writeFileSync(path, Buffer.alloc(4096), { flag: 'r+' })],
    ['overwritten with half a record', (path: string) => writeFileSync(path, '{"name":"a",\n', { flag: 'r+' })],
  ])('takes what a crash left of a record for none, where the table was %s', async (_how, damage) => {
    const { leases, context } = await open({ dir: newDirectory() })
    leases.tryAcquire('a', 'x'.repeat(1000))
    damage(leaseTablePath(context.layout))
    const other = await open({ dir: context.layout.dir })
    expect(other.leases.held()).toEqual([])
    expect('lease' in other.leases.tryAcquire('a', 'other')).toBe(true)
    expect('lease' in other.leases.tryAcquire('b', 'other')).toBe(true)
    expect(other.leases.held().map(({ name, holder }) => [name, holder.note])).toEqual([
      ['a', 'other'],
      ['b', 'other'],
    ])
  })

  it('removes no lease of another, to whom a lease fell that could not be renewed', async () => {
    const dir = newDirectory()
    let monotonicMs = 1_000_000
    const container = await leasesOf(dir, { pid: 1, pidNamespace: 'pid:[1]' }, () => monotonicMs)
    const lease = await container.acquire('a', 'in a container')
    monotonicMs += 61_000
    const here = await leasesOf(dir, {}, () => monotonicMs)
    expect('lease' in here.tryAcquire('a', 'me')).toBe(true)
    lease.release()
    expect(here.holder('a')).toMatchObject({ note: 'me' })
    expect(here.held()).toMatchObject([{ name: 'a', own: true }])
  })

  it('removes no lease of another, who took a lease that could not be written', async () => {
    const { leases, context } = await open({ dir: newDirectory() })
    const { db } = context
    const refused = vi.spyOn(db, 'lock').mockImplementationOnce(() => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    })
    const lease = await leases.acquire('a', 'me')
    expect(refused).toHaveBeenCalledTimes(1)
    const other = await open({ dir: context.layout.dir })
    expect('lease' in other.leases.tryAcquire('a', 'other')).toBe(true)
    lease.release()
    expect(other.leases.held()).toMatchObject([{ name: 'a', own: true }])
  })

  it('leaves a live lease and removes a dead one when the dead are forgotten', async () => {
    const dir = newDirectory()
    const gone = await leasesOf(dir, { pid: 2 ** 22 + 1 })
    gone.tryAcquire('dead', 'gone')
    const { leases, context } = await open({ dir })
    leases.tryAcquire('alive', 'me')
    leases.forgetDead()
    expect(leases.held().map(({ name }) => name)).toEqual(['alive'])
    const table = readFileSync(leaseTablePath(context.layout), 'utf8')
    expect(table).toContain('"name":"alive"')
    expect(table).not.toContain('"name":"dead"')
  })
})

describe('a lease of a process that was suspended', () => {
  /** A holder in a container, and another process outside of it, by one clock. */
  async function suspended() {
    const dir = newDirectory()
    const clock = { monotonicMs: 1_000_000 }
    const container = await leasesOf(dir, { pid: 1, pidNamespace: 'pid:[1]' }, () => clock.monotonicMs)
    const here = await leasesOf(dir, {}, () => clock.monotonicMs)
    return { clock, here, lease: await container.acquire('a', 'in a container') }
  }

  it('is held on where nobody took it', async () => {
    const { clock, here, lease } = await suspended()
    expect(lease.isHeld()).toBe(true)
    clock.monotonicMs += 3_600_000
    expect(lease.isHeld()).toBe(true)
    expect('holder' in here.tryAcquire('a', 'me')).toBe(true)
  })

  it('is held on where it was only forgotten', async () => {
    const { clock, here, lease } = await suspended()
    clock.monotonicMs += 3_600_000
    here.forgetDead()
    expect(lease.isHeld()).toBe(true)
    expect('holder' in here.tryAcquire('a', 'me')).toBe(true)
  })

  it('is lost to whoever took it, also when that gave it back to a third', async () => {
    const { clock, here, lease } = await suspended()
    clock.monotonicMs += 61_000
    expect('lease' in here.tryAcquire('a', 'me')).toBe(true)
    expect(lease.isHeld()).toBe(false)
    lease.release()
    expect(here.holder('a')).toMatchObject({ note: 'me' })
    expect(lease.isHeld()).toBe(false)
  })

  it('is not held after it was given back', async () => {
    const { lease } = await suspended()
    lease.release()
    expect(lease.isHeld()).toBe(false)
  })
})

describe('the lease of a job', () => {
  it('tells apart jobs whose paths are as long as a system takes', async () => {
    const { leases } = await open({ dir: newDirectory() })
    const [one, other] = ['a', 'b'].map((end) => jobLease(`/${'"long"/'.repeat(580)}${end}`))
    if (one === undefined || other === undefined) throw new Error('two leases were expected')
    expect('lease' in leases.tryAcquire(one, 'run 1')).toBe(true)
    expect('lease' in leases.tryAcquire(other, 'run 2')).toBe(true)
    expect(leases.holder(one)?.note).toBe('run 1')
  })
})

describe('livenessOf', () => {
  it('tells this process and its parent alive', () => {
    expect(livenessOf(ownIdentity())).toBe('alive')
    expect(livenessOf({ ...ownIdentity(), pid: process.ppid, startedAt: '' })).toBe('alive')
  })
})
