import { describe, expect, it } from 'vitest'
import type { StepStatus } from '../../../src/core/index.ts'
import { explainSteps, lastDecisions, missLine } from '../../../src/report/text/explanation.ts'
import { plainStyle } from '../../../src/report/text/style.ts'
import { eventfulRun } from '../events.ts'

const steps: readonly StepStatus[] = [
  { step: 'demux', state: 'done', cache: 'hit' },
  { step: 'recognize', state: 'done', cache: 'miss', key: 'ab'.repeat(32) },
  { step: 'translate/es', state: 'failed', message: 'no such pair\nmore' },
  { step: 'lyrics', state: 'skipped' },
  { step: 'mux', state: 'not-yet' },
  { step: 'later', state: 'not-yet' },
]

describe('an explanation', () => {
  it('says for each step whether it was a hit, and why it was not', () => {
    const lines = explainSteps(steps, lastDecisions(eventfulRun), { inFull: false, style: plainStyle })
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "demux         HIT      nothing changed, saved 1m 23s
      recognize     MISS     params.language "en" -> "es"; inputs.audio b3:12121212.. -> b3:34343434..; params.beams none -> 3; and 1 more
      translate/es  MISS     never run; then failed: no such pair
      lyrics        SKIPPED  its condition is false
      mux           SKIPPED  it needs 'translate/es', which has no result
      later         -        not run yet"
    `)
  })

  it('of one step names every reason and the key', () => {
    const lines = explainSteps(steps.slice(1, 2), lastDecisions(eventfulRun), { inFull: true, style: plainStyle })
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "recognize  MISS
        params.language "en" -> "es"
        inputs.audio b3:12121212.. -> b3:34343434..
        params.beams none -> 3
        tools.pocketsphinx.version "5" -> "6"
        key: abababababababababababababababababababababababababababababababab"
    `)
  })

  it('says so when there is no reason', () => expect(missLine([])).toBe('the reason is unknown'))

  it('shows no control characters of what changed', () => {
    expect(missLine([{ kind: 'changed', path: 'params.\u001b[2Jx', from: 'a', to: '\u001b[31mb' }])).not.toContain(
      '\u001b',
    )
  })
})
