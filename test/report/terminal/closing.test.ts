import { describe, expect, it } from 'vitest'
import { type Closing, closingLines } from '../../../src/report/terminal/closing.ts'
import { plainStyle } from '../../../src/report/text/style.ts'

const closing: Closing = {
  status: 'completed',
  executed: 2,
  cached: 3,
  skipped: 1,
  failed: 0,
  durationMs: 12_345,
  savedMs: 3_725_000,
  failures: [],
  jobDir: './subtitles-talk',
  outputs: [
    { name: 'mp4', path: './subtitles-talk/05_mux/film.mp4' },
    { name: 'tracks', path: './subtitles-talk/04_subtitles/tracks' },
  ],
}
const text = (changes: Partial<Closing>) => closingLines({ ...closing, ...changes }, plainStyle).join('\n')

describe('the last lines', () => {
  it('of a run that is done say where the outputs are, and what was saved', () => {
    expect(text({})).toMatchInlineSnapshot(`
      "completed in 12.3s: 2 executed, 3 hits (saved 1h 2m 5s), 1 skipped
        mp4     ./subtitles-talk/05_mux/film.mp4
        tracks  ./subtitles-talk/04_subtitles/tracks"
    `)
  })

  it('of a run of many steps name those that failed', () => {
    const failures = [
      { step: 'part/13', message: 'no thirteen\nand more' },
      { step: 'part/113', message: 'none' },
    ]
    const failed = { status: 'failed', executed: 198, cached: 0, failed: 2, failures, outputs: [] } as const
    expect(text(failed)).toMatchInlineSnapshot(`
      "failed in 12.3s: 198 executed, 0 hits, 1 skipped, 2 failed
        FAILED  part/13   no thirteen
        FAILED  part/113  none
        198 finished steps kept; fix the problem, then resume with: reprise run --job ./subtitles-talk"
    `)
    const all = Array.from({ length: 60 }, (_, index) => ({ step: `part/${index}`, message: 'no' }))
    expect(text({ ...failed, failures: all })).toContain('and 10 other steps')
    expect(text({ ...failed, executed: 3 })).not.toContain('no thirteen')
  })

  it('name the first of many outputs, and the command that prints all', () => {
    const outputs = Array.from({ length: 25 }, (_, index) => ({ name: 'parts', path: `./job/${index}.txt` }))
    const lines = text({ outputs }).split('\n')
    expect(lines).toHaveLength(7)
    expect(lines.at(-1)).toBe('  and 20 other outputs: reprise outputs ./subtitles-talk')
    const named = outputs.map(({ path }, index) => ({ name: `part ${index}`, path }))
    const all = text({ outputs: named }).split('\n')
    expect(all).toHaveLength(22)
    expect(all.at(-1)).toBe('  and 5 other outputs: reprise outputs ./subtitles-talk')
  })

  it('of a run that failed say last what failed, below what is there', () => {
    const failures = [{ step: 'part/13', message: 'no thirteen' }]
    const lines = text({ status: 'failed', executed: 30, failed: 1, failures }).split('\n')
    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(['failed', 'mp4', 'tracks', 'FAILED', '33'])
  })

  it('of a run without outputs name the job', () => {
    expect(text({ outputs: [], cached: 0, savedMs: 0 })).toMatchInlineSnapshot(`
      "completed in 12.3s: 2 executed, 0 hits, 1 skipped
      outputs in ./subtitles-talk"
    `)
  })

  it('of a failed run say how to go on', () => {
    expect(text({ status: 'failed', failed: 1 })).toMatchInlineSnapshot(`
      "failed in 12.3s: 2 executed, 3 hits (saved 1h 2m 5s), 1 skipped, 1 failed
        mp4     ./subtitles-talk/05_mux/film.mp4
        tracks  ./subtitles-talk/04_subtitles/tracks
        5 finished steps kept; fix the problem, then resume with: reprise run --job ./subtitles-talk"
    `)
    const odd = text({ status: 'failed', jobDir: './two words' })
    expect(odd).toContain("resume with: reprise run --job './two words'")
  })

  it('of a cancelled run say what is kept', () => {
    expect(text({ status: 'cancelled', executed: 1, cached: 0, skipped: 0 })).toMatchInlineSnapshot(`
      "cancelled in 12.3s: 1 executed, 0 hits, 0 skipped
        mp4     ./subtitles-talk/05_mux/film.mp4
        tracks  ./subtitles-talk/04_subtitles/tracks
        1 finished step kept; resume with: reprise run --job ./subtitles-talk"
    `)
  })
})
