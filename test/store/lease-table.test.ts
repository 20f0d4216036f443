import { describe, expect, it, vi } from 'vitest'
import { layoutOf } from '../../store/layout.ts'
import { type LeaseRecord, leaseTableOf } from '../../store/lease-table.ts'
import { ownIdentity } from '../../store/process-identity.ts'
import { newDirectory } from './fixtures.ts'

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
})
