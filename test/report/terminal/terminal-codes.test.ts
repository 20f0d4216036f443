import { describe, expect, it } from 'vitest'
import { openLiveArea } from '../../../src/report/terminal/live-area.ts'
import { terminalCodes } from '../../../src/report/terminal/terminal-codes.ts'
import { shownWidth } from '../../../src/report/text/columns.ts'

const bell = '\u0007'

describe('what a terminal can show', () => {
  it.each([
    [{}, { progress: false, link: false, notice: false }],
    [{ WT_SESSION: 'x' }, { progress: true, link: true, notice: false }],
    [{ TERM_PROGRAM: 'ghostty' }, { progress: true, link: true, notice: true }],
    [
      { TERM_PROGRAM: 'ghostty', TMUX: '/tmp/tmux' },
      { progress: false, link: false, notice: false },
    ],
    [
      { TERM_PROGRAM: 'WezTerm', SSH_CONNECTION: 'x' },
      { progress: true, link: false, notice: true },
    ],
    [{ TERM_PROGRAM: 'iTerm.app' }, { progress: false, link: true, notice: true }],
    [
      { TERM_PROGRAM: 'iTerm.app', TERM_FEATURES: 'ScP' },
      { progress: true, link: true, notice: true },
    ],
    [{ VTE_VERSION: '7003' }, { progress: false, link: true, notice: false }],
    [
      { VTE_VERSION: '7003', CI: 'true' },
      { progress: false, link: false, notice: false },
    ],
  ])('is known of %j', (env, { progress, link, notice }) => {
    const codes = terminalCodes(true, env)
    expect(codes?.progress !== undefined).toBe(progress)
    expect(codes?.link !== undefined).toBe(link)
    expect(codes?.notice('done')).toBe(notice ? `\u001b]9;done${bell}${bell}` : bell)
  })

  it('is nothing where there is no terminal, or a dumb one', () => {
    expect(terminalCodes(false, { TERM_PROGRAM: 'ghostty' })).toBeUndefined()
    expect(terminalCodes(true, { TERM_PROGRAM: 'ghostty', TERM: 'dumb' })).toBeUndefined()
  })

  it('links a path with odd letters, and the link takes no room', () => {
    const text = terminalCodes(true, { WT_SESSION: 'x' })?.link?.('./a b;.srt', '/job/a b;.srt') ?? ''
    expect(text).toContain('file:///job/a%20b;.srt')
    expect(shownWidth(text)).toBe('./a b;.srt'.length)
  })
})

it('progress is written once for each percent', () => {
  const written: string[] = []
  const terminal = { write: (text: string) => written.push(text) > 0, columns: 80, rows: 24 }
  const area = openLiveArea(terminal, terminalCodes(true, { WT_SESSION: 'x' })?.progress)
  for (const percent of [10, 10, 11, undefined, undefined]) area.progress?.(percent)
  expect(written).toEqual(['10', '11'].map((p) => `\u001b]9;4;1;${p}${bell}`).concat(`\u001b]9;4;0;0${bell}`))
})
