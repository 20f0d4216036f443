import { describe, expect, it } from 'vitest'
import { percentOf, percentProgress } from '../../../stages/tools/percent.ts'

describe('percentOf', () => {
  it.each([
    [' 45%|████▌     | 45/100 [00:10<00:12,  4.50it/s]', 0.45],
    ['100%|##########| 7.5M/7.5M [00:01<00:00, 5.2MB/s]', 1],
    ['Transcribing:   0%|          | 0/12 [00:00<?, ?frames/s]', 0],
    ['[download]  12.5% of 10.00MiB at 1.00MiB/s ETA 00:08', 0.125],
    ['progress: 7 %', 0.07],
    ['epoch 3%: batch 80%', 0.03],
    ['loaded the model', undefined],
    ['gain of 250%', undefined],
    ['printf %d%%', undefined],
    ['/tmp/a%20b.wav', undefined],
  ])('%j: %s', (line, fraction) => expect(percentOf(line)).toBe(fraction))
})

describe('percentProgress', () => {
  it("tells a tool's part of the step's work, by the lines with its label", () => {
    const told: number[] = []
    const read = percentProgress(
      { progress: (fraction) => void told.push(fraction) },
      { label: 'Separating', from: 0.5 },
    )
    for (const line of ['Downloading: 90%|', 'Separating:  0%|', ' Separating: 50%|', 'done']) read(line)
    expect(told).toEqual([0.5, 0.75])
  })
})
