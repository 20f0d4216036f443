import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/core/index.ts'
import { EventLog, readJobEvents } from '../../../src/engine/events/event-log.ts'
import { canMount, mountSmallDisk } from '../../rig/small-disk.ts'

const kibibyte = 2 ** 10

describe.runIf(canMount)('the log of events', () => {
  it('loses the events for which the disk had no room, and none of those that follow', async () => {
    const diskBytes = 64 * kibibyte
    const disk = mountSmallDisk(diskBytes)
    const log = new EventLog(disk.dir, () => true)
    const tell = (message: string) =>
      log.append({
        event: 'pipeline_started',
        pipeline: message,
        device: 'cpu',
        steps: [],
        ts: new Date().toISOString(),
        run: '',
        job: '',
      })
    const long = 'x'.repeat(3 * kibibyte)
    for (let told = 0; told <= diskBytes; told += long.length) tell(long)
    // A part of a line was written.
    expect(statSync(join(disk.dir, 'events.jsonl')).size % (long.length + 1)).not.toBe(0)
    disk.resize(2 * diskBytes)
    tell('afterwards')
    log.close()
    const events: readonly Event[] = await readJobEvents(disk.dir)
    expect(events.at(-1)).toMatchObject({ pipeline: 'afterwards' })
    expect(new Set(events.map((event) => 'pipeline' in event && event.pipeline))).toEqual(new Set([long, 'afterwards']))
  })
})
