import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { layoutOf } from '../../../store/disk/layout.ts'
import { ownIdentity } from '../../../store/disk/process-identity.ts'
import { type LeaseRecord, leaseTableOf, leaseTablePath } from '../../../store/leases/lease-table.ts'
import { newDirectory } from '../fixtures.ts'

const between = vi.hoisted(() => ({ writes: () => {} }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    writeSync(descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number) {
      const written = fs.writeSync(descriptor, bytes, offset, length, position)
      between.writes()
      return written
    },
  }
})

const record = (name: string, noteBytes: number): LeaseRecord => ({
  ...ownIdentity(),
  name,
  note: 'n'.repeat(noteBytes),
  token: name,
  acquiredAtMs: 1,
  acquiredClockMs: 1,
  renewedAtMs: 1,
})

describe('a table of leases', () => {
  it.each([100, 600, 1200])('loses none that is taken while one with a note of %s bytes is given back', (noteBytes) => {
    const layout = layoutOf(newDirectory())
    const [leaving, coming] = [leaseTableOf(layout), leaseTableOf(layout)]
    leaving.write(record('leaving', noteBytes))
    const taken: string[] = []
    between.writes = () => {
      const again = between.writes
      between.writes = () => {}
      taken.push(`coming ${taken.length}`)
      coming.write(record(`coming ${taken.length - 1}`, noteBytes))
      between.writes = again
    }
    leaving.remove(record('leaving', noteBytes))
    between.writes = () => {}
    expect(taken.length).toBeGreaterThan(0)
    const names = leaving.all().map(({ name }) => name)
    expect(names.sort()).toEqual(taken.sort())
    leaving.close()
    coming.close()
  })

  it.each([
    [10, 2000],
    [2000, 10],
    [10, 20],
  ])('has one record of a name, whose note of %s bytes became one of %s', (before, after) => {
    const table = leaseTableOf(layoutOf(newDirectory()))
    for (const name of ['first', 'second', 'third']) table.write(record(name, before))
    table.write(record('second', after))
    const notes = table.all().map(({ name, note }) => [name, note.length])
    expect(notes.sort()).toEqual([
      ['first', before],
      ['second', after],
      ['third', before],
    ])
    table.close()
  })

  it.each([
    ['a line that ends too early', '{"name":"damaged",\n'],
    ['what is no JSON', `{"name":"damaged",${'x'.repeat(493)}\n`],
    ['what is no lease', `{"name":"damaged"}${' '.repeat(493)}\n`],
    ['no beginning', 'x'.repeat(100)],
  ])('shows the others where one record is damaged: %s', (_what, damage) => {
    const layout = layoutOf(newDirectory())
    const table = leaseTableOf(layout)
    for (const name of ['damaged', 'other']) table.write(record(name, 10))
    writeFileSync(leaseTablePath(layout), damage, { flag: 'r+' })
    expect(table.read('damaged')).toBeUndefined()
    expect(table.read('other')).toMatchObject({ name: 'other' })
    expect(table.all()).toMatchObject([{ name: 'other' }])
    table.write(record('damaged', 10))
    const names = table.all().map(({ name }) => name)
    expect(names.sort()).toEqual(['damaged', 'other'])
    table.close()
  })

  it.runIf(process.platform === 'linux')(
    'keeps its file open once, to read and then to write, until it is closed',
    () => {
      const layout = layoutOf(newDirectory())
      mkdirSync(layout.leases, { recursive: true })
      const path = leaseTablePath(layout)
      writeFileSync(path, '')
      const table = leaseTableOf(layout)
      expect(table.all()).toEqual([])
      expect(timesOpen(path)).toBe(1)
      table.write(record('a', 10))
      expect(timesOpen(path)).toBe(1)
      table.close()
      expect(timesOpen(path)).toBe(0)
    },
  )
})

/** Returns how often this process has a file open. */
function timesOpen(path: string): number {
  const descriptors = readdirSync('/proc/self/fd')
  const isIt = (descriptor: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === path
    } catch {
      // It was the one that read this directory.
      return false
    }
  }
  return descriptors.filter(isIt).length
}
