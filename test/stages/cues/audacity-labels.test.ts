import { describe, expect, it } from 'vitest'
import { formatAudacityLabels } from '../../../stages/cues/audacity-labels.ts'

describe('labels of Audacity', () => {
  it('are a line each, whatever is in their texts', () => {
    const labels = [
      { startS: 0, endS: 1.5, text: 'call 1' },
      { startS: 2, endS: 2, text: 'new\r\nline\tand tab' },
    ]
    expect(formatAudacityLabels(labels)).toBe('0.000000\t1.500000\tcall 1\n2.000000\t2.000000\tnew line and tab\n')
  })
})
