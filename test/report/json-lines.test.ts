import { expect, it } from 'vitest'
import { jsonLines } from '../../src/report/json-lines.ts'
import { eventfulRun } from './events.ts'

it('writes each event on a line of its own, as it is', () => {
  let text = ''
  const listener = jsonLines((written) => {
    text += written
  })
  for (const event of eventfulRun) void listener(event)
  const lines = text.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(eventfulRun)))
  expect(lines[3]).toMatchInlineSnapshot(
    `"{"ts":"2026-01-02T03:04:05.000Z","run":"r1","job":"/jobs/job","event":"stage_skipped","stage":"demux","because":"cached","key":"abababababababababababababababababababababababababababababababab","saved_ms":83400}"`,
  )
})
