import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatAss } from '../../../stages/cues/ass.ts'
import type { Cue } from '../../../stages/cues/cues.ts'
import { formatCsv } from '../../../stages/cues/formats/csv.ts'
import { formatEbuStl } from '../../../stages/cues/formats/ebu-stl.ts'
import { formatFcpxml } from '../../../stages/cues/formats/fcpxml.ts'
import { readSubtitles } from '../../../stages/cues/formats/read-subtitles.ts'
import { formatTranscriptPage } from '../../../stages/cues/formats/transcript-page.ts'
import { formatSrt } from '../../../stages/cues/srt.ts'
import { formatVtt } from '../../../stages/cues/vtt.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

// On whole frames of 25, so that no format has to round.
const cues: readonly Cue[] = [
  { startMs: 1000, endMs: 2520, lines: ['Good morning, "all"', 'café, señor & <Größe> {x}'] },
  { startMs: 3600, endMs: 6000, lines: ['Łódź, Dvořák, ål, $5 – …'] },
  { startMs: 3_661_040, endMs: 3_662_000, lines: ['-->', '=1+1'] },
]

function read(bytes: string | Buffer) {
  const found = readSubtitles(Buffer.from(bytes))
  if (!found.ok) throw new Error(found.error)
  return found.value
}

/** A Python in which independent parsers are installed, which `REPRISE_TEST_PYTHON` names. */
const python = process.env.REPRISE_TEST_PYTHON ?? 'python3'
function has(module: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('formats of subtitles', () => {
  it.each([
    ['srt', formatSrt(cues.slice(0, 2)).replaceAll('(x)', '{x}')],
    ['vtt', formatVtt(cues)],
    ['ass', formatAss(cues, 'English')],
    ['fcpxml', formatFcpxml(cues, { language: 'en', title: 'a & b', frame: [1, 25] })],
  ])('%s comes back as it was', (format, text) => {
    const { cues: back, ...found } = read(text)
    expect(found.format).toBe(format)
    expect(back).toEqual(cues.slice(0, back.length))
    expect(back.length).toBeGreaterThan(1)
  })

  it('EBU STL comes back as it was, with what its letters cannot be in plainer ones', () => {
    const { bytes, unwritable } = formatEbuStl(cues, { title: 'Englisch', frameRate: 25 })
    expect(unwritable).toBe(0)
    expect(bytes.length).toBe(1024 + 3 * 128)
    expect(bytes.toString('latin1', 3, 14)).toBe('STL25.01000')
    expect(read(bytes).cues).toEqual(
      cues.map((cue) => ({ ...cue, lines: cue.lines.map((line) => line.replace('–', '-').replace('…', '...')) })),
    )
  })

  it.each([
    ['Привет, мир. Ёлка', '01'],
    ['مرحبا', '02'],
    ['Καλημέρα κόσμε', '03'],
    ['שלום', '04'],
  ])('EBU STL holds %s', (line, table) => {
    const { bytes, unwritable } = formatEbuStl([{ startMs: 0, endMs: 1000, lines: [line] }], {
      title: 'x',
      frameRate: 25,
    })
    expect([bytes.toString('latin1', 12, 14), unwritable]).toEqual([table, 0])
    expect(read(bytes).cues[0]?.lines).toEqual([line])
  })

  it('EBU STL says what it cannot hold, and takes several blocks for a long text', () => {
    expect(formatEbuStl([{ startMs: 0, endMs: 1, lines: ['日本'] }], { title: 'x', frameRate: 25 }).unwritable).toBe(2)
    const long = { startMs: 0, endMs: 9000, lines: ['a'.repeat(150), 'b'.repeat(150)] }
    const { bytes } = formatEbuStl([long], { title: 'x', frameRate: 25 })
    expect(bytes.length).toBe(1024 + 3 * 128)
    expect(read(bytes).cues).toEqual([long])
  })

  it('FCPXML has times in whole frames of 23.976', () => {
    const xml = formatFcpxml(cues.slice(0, 1), { language: 'en', title: 'x', frame: [1001, 24_000] })
    expect(xml).toContain('offset="24024/24000s"')
    expect(read(xml).cues[0]?.startMs).toBe(1001)
  })

  it('CSV has no formulas, and quotes what it must', () => {
    expect(formatCsv(cues).split('\r\n')).toEqual([
      'number,start,end,text',
      '1,00:00:01.000,00:00:02.520,"Good morning, ""all""\ncafé, señor & <Größe> {x}"',
      '2,00:00:03.600,00:00:06.000,"Łódź, Dvořák, ål, $5 – …"',
      '3,01:01:01.040,01:01:02.000,"\'-->\n=1+1"',
      '',
    ])
  })

  it('a transcript has a paragraph from pause to pause, and no markup of the text', () => {
    const page = formatTranscriptPage(cues, { language: 'en', title: 'Talk' })
    expect(page.match(/<p>/g)).toHaveLength(2)
    expect(page).toContain('&#60;Größe&#62; {x} Łódź')
    expect(page).not.toMatch(/https?:|<script/)
  })

  it.each([
    [
      '',
      'it is not SRT, WebVTT, ASS, SSA, EBU STL, FCPXML, SCC, TTML, JSON, CSV, MicroDVD, SBV, LRC or labels of Audacity',
    ],
    [
      '<fcpxml',
      'it is not SRT, WebVTT, ASS, SSA, EBU STL, FCPXML, SCC, TTML, JSON, CSV, MicroDVD, SBV, LRC or labels of Audacity',
    ],
    [
      '850STL25.01',
      'it is not SRT, WebVTT, ASS, SSA, EBU STL, FCPXML, SCC, TTML, JSON, CSV, MicroDVD, SBV, LRC or labels of Audacity',
    ],
  ])('says what %j is not', (text, error) => {
    expect(readSubtitles(Buffer.from(text))).toEqual({ ok: false, error })
  })

  it.skipIf(!has('ttconv'))('ttconv reads the same times and texts in EBU STL (skipped without ttconv)', () => {
    const dir = temporaryDirectory()
    const [stl, srt] = [join(dir, 'a.stl'), join(dir, 'a.srt')]
    writeFileSync(stl, formatEbuStl(cues, { title: 'x', frameRate: 25 }).bytes)
    execFileSync(python, ['-m', 'ttconv.tt', 'convert', '-i', stl, '-o', srt], { stdio: 'ignore' })
    expect(existsSync(srt)).toBe(true)
    const back = read(execFileSync('cat', [srt])).cues
    expect(back.map(({ startMs, endMs }) => [startMs, endMs])).toEqual(
      cues.map(({ startMs, endMs }) => [startMs, endMs]),
    )
    expect(back[0]?.lines.join(' ')).toContain('café, señor & <Größe>')
    expect(back[1]?.lines.join(' ')).toContain('Łódź, Dvořák, ål, $5 - ...')
  })
})
