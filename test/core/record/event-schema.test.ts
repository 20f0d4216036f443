import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/core/index.ts'
import { eventfulRun } from '../../report/events.ts'
import { expectSchema } from '../../rig/event-schema.ts'

describe('the schema of events', () => {
  it('lets pass what is emitted', () => {
    expect(() => expectSchema(eventfulRun)).not.toThrow()
  })

  it.each([
    ['a field too many', { more: 1 }],
    ['a field of another type', { saved_ms: 'much' }],
    ['a word that is not among those there are', { because: 'luck' }],
    ['an unknown type', { event: 'stage_lost' }],
  ])('refuses %s', (_what, wrong) => {
    const skipped = eventfulRun.find(({ event }) => event === 'stage_skipped')
    expect(() => expectSchema([{ ...skipped, ...wrong } as Event])).toThrow('not as the schema says')
  })

  it('refuses an event without what every event says', () => {
    const [first] = eventfulRun
    for (const field of ['ts', 'run', 'job', 'event']) {
      const rest = Object.fromEntries(Object.entries({ ...first }).filter(([name]) => name !== field))
      expect(() => expectSchema([rest as unknown as Event]), field).toThrow('not as the schema says')
    }
  })
})
