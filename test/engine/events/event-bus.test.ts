import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, type Event } from '../../../src/core/index.ts'
import { EventBus, type ListenerTrouble } from '../../../src/engine/index.ts'
import { eventsOf } from '../../report/events.ts'
import { onePlainStep } from '../../rig/plain-stages.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const [log, warning] = eventsOf(
  { event: 'stage_log', stage: 'a', level: 'info', line: 'hello' },
  { event: 'pipeline_warning', message: 'careful' },
) as [Event, Event]
const never = () => new Promise<void>(() => {})

/** Returns a bus, and what it tells of its listeners' trouble. */
function troubledBus(slowMs?: number) {
  const told: ListenerTrouble[] = []
  const onTrouble = (trouble: ListenerTrouble) => void told.push(trouble)
  return { bus: new EventBus({ onTrouble, ...(slowMs === undefined ? {} : { slowMs }) }), told }
}

describe('a bus of events', () => {
  it('hands events to the listeners of their type and to those of all, in the order in which they came', () => {
    const heard: string[] = []
    const bus = new EventBus()
    bus.on('stage_log', ({ line }) => void heard.push(`log ${line}`))
    bus.on('*', ({ event }) => void heard.push(event))
    bus.on('stage_failed', () => void heard.push('never'))
    bus.emit(log)
    bus.emit(warning)
    expect(heard).toEqual(['log hello', 'stage_log', 'pipeline_warning'])
  })

  it('takes listeners off: by the function returned, by themselves, after one event, all at once', () => {
    const heard: string[] = []
    const bus = new EventBus()
    const listener = (name: string) => () => void heard.push(name)
    const second = listener('second')
    const takeOff = bus.on('*', listener('first'))
    bus.on('*', second)
    bus.once('stage_log', listener('once'))
    bus.emit(warning)
    bus.emit(log)
    bus.emit(log)
    expect(heard.splice(0)).toEqual(['first', 'second', 'first', 'second', 'once', 'first', 'second'])
    takeOff()
    bus.emit(log)
    expect(heard.splice(0)).toEqual(['second'])
    bus.off(second)
    bus.on('*', listener('third'))
    bus.clear()
    bus.emit(log)
    expect(heard).toEqual([])
  })

  it('drops events while it is disabled', () => {
    const heard: Event[] = []
    const bus = new EventBus()
    bus.on('*', (event) => void heard.push(event))
    bus.disable()
    bus.emit(log)
    bus.enable()
    bus.emit(warning)
    expect(heard).toEqual([warning])
  })

  it('lets a listener take itself off, and add another, while it is told', () => {
    const heard: string[] = []
    const bus = new EventBus()
    const takeOff = bus.on('*', () => {
      takeOff()
      bus.on('*', () => void heard.push('added'))
    })
    bus.on('*', () => void heard.push('other'))
    bus.emit(log)
    expect(heard.splice(0)).toEqual(['other'])
    bus.emit(log)
    expect(heard).toEqual(['other', 'added'])
  })
})

describe('a listener in trouble', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('that throws or rejects is told of once, and the others are told of every event', async () => {
    const { bus, told } = troubledBus()
    const heard: Event[] = []
    bus.on('*', () => {
      throw new Error('thrown')
    })
    bus.on('*', async () => {
      throw new Error('rejected')
    })
    bus.on('*', (event) => void heard.push(event))
    for (const event of [log, warning, log]) bus.emit(event)
    await Promise.resolve()
    expect(heard).toEqual([log, warning, log])
    expect(told.map((trouble) => trouble.kind === 'failed' && String(trouble.error))).toEqual([
      'Error: thrown',
      'Error: rejected',
    ])
  })

  it('that blocks is told of once', () => {
    const { bus, told } = troubledBus(100)
    let blocksMs = 99
    bus.on('*', () => void vi.advanceTimersByTime(blocksMs))
    bus.emit(log)
    expect(told).toEqual([])
    blocksMs = 100
    bus.emit(log)
    bus.emit(log)
    expect(told).toEqual([{ kind: 'slow', elapsedMs: 100 }])
  })

  it('whose promise never settles is told of once, and is given the events that follow', async () => {
    const { bus, told } = troubledBus(100)
    const heard: Event[] = []
    bus.on('*', (event) => {
      heard.push(event)
      return event === log ? never() : Promise.resolve()
    })
    bus.emit(warning)
    await Promise.resolve()
    vi.advanceTimersByTime(90)
    bus.emit(log)
    vi.advanceTimersByTime(99)
    expect(told).toEqual([])
    vi.advanceTimersByTime(1)
    expect(told).toEqual([{ kind: 'slow', elapsedMs: 100 }])
    bus.emit(log)
    vi.advanceTimersByTime(1000)
    expect(told).toHaveLength(1)
    expect(heard).toEqual([warning, log, log])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a run with listeners in trouble', () => {
  it('completes, and warns of each of them once', async () => {
    const { run } = await createWorkbench()
    const events = new EventBus({ slowMs: 0 })
    const completed: string[] = []
    events.on('stage_running', () => {
      throw new Error('no such screen')
    })
    events.on('stage_log', () => {})
    events.on('stage_completed', ({ stage }) => void completed.push(stage))
    const observed = await run(onePlainStep, {
      events,
      onEvent: ({ event }) => {
        if (event !== 'pipeline_warning') throw new Error(`not ${event}`)
      },
    })
    expect(observed.result.status).toBe('completed')
    expect(completed).toEqual(['echo'])
    expect(observed.of('pipeline_warning').map(({ message }) => message)).toEqual([
      "an event listener threw an exception on 'pipeline_started'; the run continues, and this warning is not repeated: not pipeline_started",
      "an event listener threw an exception on 'stage_running'; the run continues, and this warning is not repeated: no such screen",
      expect.stringMatching(
        /^an event listener took \d+ ms for 'stage_completed', or is not done yet; the run waits for it only while it blocks the event loop$/,
      ),
    ])
  })
})

it('tells its own handler of a listener that fails in a run, also where that handler fails', async () => {
  const { run } = await createWorkbench()
  const told: ListenerTrouble[] = []
  const bus = new EventBus({
    onTrouble: (trouble) => {
      told.push(trouble)
      throw new Error('no better')
    },
  })
  bus.on('pipeline_started', () => {
    throw new Error('no')
  })
  bus.on('pipeline_started', () => Promise.reject(new Error('no')))
  const none = definePipeline({ name: 'none', inputs: {}, params: z.object({}), build: () => ({}) })
  const { result, of } = await run(none, { events: bus })
  expect(result.status).toBe('completed')
  expect(told.map(({ kind }) => kind)).toEqual(['failed', 'failed'])
  expect(of('pipeline_warning')).toHaveLength(2)
})

it('tells times below a second in milliseconds', async () => {
  const { run } = await createWorkbench()
  const bus = new EventBus({ slowMs: 0 })
  bus.on('pipeline_started', () => {})
  const none = definePipeline({ name: 'none', inputs: {}, params: z.object({}), build: () => ({}) })
  const { of } = await run(none, { events: bus })
  expect(of('pipeline_warning')[0]?.message).toMatch(/^an event listener took \d+ ms for 'pipeline_started'/)
})
