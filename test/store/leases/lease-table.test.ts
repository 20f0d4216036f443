import { readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../store/disk/layout.ts'
import { ownIdentity } from '../../../store/disk/process-identity.ts'
import { type LeaseRecord, leaseTableOf, leaseTablePath } from '../../../store/leases/lease-table.ts'
import { newDirectory } from '../fixtures.ts'

const record = (name: string, noteBytes: number, token = name): LeaseRecord => ({
  ...ownIdentity(),
  name,
  note: 'n'.repeat(noteBytes),
  token,
  acquiredAtMs: 1,
  acquiredClockMs: 1,
  renewedAtMs: 1,
})

describe('a table of leases', () => {
  it('holds what several processes wrote and did not remove, whatever their order', () => {
    const step = fc.record({
      process: fc.nat(2),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      noteBytes: fc.constantFrom(0, 10, 3000),
      what: fc.constantFrom('write', 'remove', 'remove what was taken over'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const layout = layoutOf(newDirectory())
        const tables = [0, 1, 2].map(() => leaseTableOf(layout))
        const held = new Map<string, LeaseRecord>()
        let mostHeld = 0
        steps.forEach(({ process, name, noteBytes, what }, index) => {
          const table = tables[process]
          const before = held.get(name)
          if (what === 'write') {
            const written = record(name, noteBytes, `${index}`)
            table?.write(written)
            held.set(name, written)
          } else if (what === 'remove' && before !== undefined) {
            table?.remove(before)
            held.delete(name)
          } else table?.remove(record(name, 0, 'of another'))
          mostHeld = Math.max(mostHeld, held.size)
          for (const reader of tables) {
            expect(new Map(reader.all().map((lease) => [lease.name, lease]))).toEqual(held)
            expect(reader.read(name)).toEqual(held.get(name))
          }
        })
        if (mostHeld > 0) expect(statSync(leaseTablePath(layout)).size).toBe(mostHeld * 4096)
        for (const table of tables) table.close()
      }),
      { numRuns: 50 },
    )
  })

  it('leaves out a note that has no room, and refuses a name that has none', () => {
    const table = leaseTableOf(layoutOf(newDirectory()))
    table.write(record('long', 5000))
    expect(table.all()).toMatchObject([{ name: 'long', note: '' }])
    expect(() => table.write(record('n'.repeat(5000), 0))).toThrow(RangeError)
    table.close()
  })

  it.each([
    ['a line that ends too early', '{"name":"damaged",\n'],
    ['invalid JSON', `{"name":"damaged",${'x'.repeat(4077)}\n`],
    ['JSON that is not a lease', `{"name":"damaged"}${' '.repeat(4077)}\n`],
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
    'keeps its file open once to read and once to write, until it is closed',
    () => {
      const layout = layoutOf(newDirectory())
      const path = leaseTablePath(layout)
      const table = leaseTableOf(layout)
      for (const name of ['a', 'b', 'c']) table.write(record(name, 10))
      expect(table.all()).toHaveLength(3)
      expect(timesOpen(path)).toBe(2)
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
