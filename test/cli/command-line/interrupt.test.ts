import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { interruptOn } from '../../../src/cli/command-line/interrupt.ts'

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s asks to end, and once more kills', (signal) => {
  const source = new EventEmitter()
  const told: string[] = []
  const interrupt = interruptOn(source, (first) => told.push(first))
  expect([interrupt.signal.aborted, interrupt.kill.aborted]).toEqual([false, false])
  source.emit(signal)
  expect([interrupt.signal.aborted, interrupt.kill.aborted, told]).toEqual([true, false, [signal]])
  source.emit('SIGINT')
  expect([interrupt.kill.aborted, told]).toEqual([true, [signal]])
  interrupt.dispose()
  expect(source.eventNames()).toEqual([])
})
