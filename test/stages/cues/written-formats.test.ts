import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { extract } from '../../../stages/convert/extract.ts'
import type { Cue } from '../../../stages/cues/cues.ts'
import { readSubtitles } from '../../../stages/cues/formats/read-subtitles.ts'
import { formatScc } from '../../../stages/cues/formats/scc.ts'
import { type WrittenFormat, writeSubtitlesAs, writtenFormats } from '../../../stages/cues/formats/write-subtitles.ts'
import { runStage } from '../../rig/stage-context.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const cues: readonly Cue[] = [
  { startMs: 3000, endMs: 4520, lines: ['Good morning, "all"', 'café, señor & <Größe>'] },
  { startMs: 5600, endMs: 8000, lines: ['Twenty, please'] },
  { startMs: 63_040, endMs: 64_000, lines: ['¿Qué?', '♪ la la ♪'] },
]
/** Without what SRT has no escape for, and what parsers leave to their users. */
const plain: readonly Cue[] = cues.map((cue) => ({
  ...cue,
  lines: cue.lines.map((line) => line.replace(' & <Größe>', '')),
}))
const warnings: string[] = []
const options = {
  language: 'en',
  title: 'English',
  frameRate: '25',
  warn: (line: string) => void warnings.push(line),
} as const
const written = (format: WrittenFormat, list = cues) => Buffer.from(writeSubtitlesAs(format, list, options))

/** Where independent parsers are installed; `REPRISE_TEST_PYTHON` names it. */
const python = process.env.REPRISE_TEST_PYTHON ?? 'python3'
const has = (module: string) => {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const asked = (script: string, path: string): unknown =>
  JSON.parse(execFileSync(python, ['-c', script, path], { encoding: 'utf8' }))

describe('formats of subtitles that are written', () => {
  // What is left of a cue: Audacity and LRC have no lines, SCC has frames of 29.97, and LRC hundredths of a second.
  it.each(writtenFormats.filter((format) => format !== 'html'))('%s is read again', (format) => {
    const read = readSubtitles(written(format))
    const back = read.ok ? read.value.cues : []
    expect(read.ok && read.value.format).toBe(format)
    const joined = format === 'lrc' || format === 'audacity'
    expect(back.map(({ lines }) => lines)).toEqual(cues.map(({ lines }) => (joined ? [lines.join(' ')] : lines)))
    const tolerance = format === 'scc' ? 17 : format === 'lrc' ? 10 : 0
    for (const [index, { startMs, endMs }] of back.entries()) {
      expect(Math.abs(startMs - (cues[index]?.startMs ?? 0))).toBeLessThanOrEqual(tolerance)
      if (format !== 'lrc') expect(Math.abs(endMs - (cues[index]?.endMs ?? 0))).toBeLessThanOrEqual(tolerance)
    }
  })

  it('SCC has two letters a frame with parity, is there in time, and counts what it has no letter for', () => {
    const { text, unwritable } = formatScc([{ startMs: 10_010, endMs: 12_012, lines: ['Hi Ł'] }])
    expect(unwritable).toBe(1)
    const [head, , line] = text.split('\n')
    expect(head).toBe('Scenarist_SCC V1.0')
    // In the middle of row 15; loaded before 00:00:10;00, when it is shown.
    expect(line).toBe('00:00:09;20\t9420 9420 94ae 94ae 9476 9476 97a2 97a2 c8e9 20bf 942f 942f')
    expect(text).toContain('00:00:12;00\t942c 942c')
  })

  it.each([
    ['sbv', '0:00:01.000,0:00:02.500\nHello\nworld\n\n0:00:03.000,0:00:04.000\nBye\n'],
    ['microdvd', '{1}{1}25\n{25}{62}{y:i}Hello|world\n{75}{100}Bye\n'],
    [
      'json',
      JSON.stringify({
        text: '',
        segments: [
          { start: 1, end: 2.5, text: 'Hello\nworld' },
          { start: 3, end: 4, text: ' Bye' },
        ],
      }),
    ],
    [
      'json',
      JSON.stringify({
        transcription: [
          { offsets: { from: 1000, to: 2500 }, text: 'Hello\nworld' },
          { offsets: { from: 3000, to: 4000 }, text: 'Bye' },
        ],
      }),
    ],
    [
      'ttml',
      '<tt xmlns="http://www.w3.org/ns/ttml" ttp:frameRate="25"><body begin="1s"><div><p begin="0s" dur="00:00:01:12.5">Hello<br/>world</p><p begin="2s" end="3s"><span>B&#121;e</span></p></div></body></tt>',
    ],
  ])('%s of other programs is read', (format, text) => {
    const read = readSubtitles(Buffer.from(text))
    expect(read.ok && read.value.format).toBe(format)
    const [first, second] = read.ok ? read.value.cues : []
    expect(first).toMatchObject({ startMs: 1000, lines: ['Hello', 'world'] })
    expect(Math.abs((first?.endMs ?? 0) - 2490)).toBeLessThanOrEqual(10)
    expect(second).toEqual({ startMs: 3000, endMs: 4000, lines: ['Bye'] })
  })

  it.each(['', 'nothing', '{"a":1}', '<html></html>', '1,2,3'])('refuses %j', (text) => {
    expect(readSubtitles(Buffer.from(text)).ok).toBe(false)
  })

  it.each([
    [
      'pysubs2',
      ['srt', 'ass', 'vtt'],
      'import sys,json,pysubs2\ns=pysubs2.load(sys.argv[1])\nprint(json.dumps([[e.start,e.end,e.plaintext.split("\\n")] for e in s]))',
    ],
    [
      'webvtt',
      ['vtt', 'srt'],
      'import sys,json,webvtt\nload=webvtt.from_srt if sys.argv[1].endswith("srt") else webvtt.read\nms=lambda t:round((int(t[0:2])*3600+int(t[3:5])*60+float(t[6:]))*1000)\nprint(json.dumps([[ms(c.start),ms(c.end),c.text.split("\\n")] for c in load(sys.argv[1])]))',
    ],
    [
      'pycaption',
      ['scc'],
      'import sys,json,pycaption\nc=pycaption.SCCReader().read(open(sys.argv[1]).read()).get_captions("en-US")\nprint(json.dumps([[round(x.start/1000),round(x.end/1000),x.get_text().split("\\n")] for x in c]))',
    ],
    ['ttconv', ['ttml', 'scc'], ttconvScript()],
  ] as const)('%s reads the same (skipped where it is not installed)', (module, formats, script) => {
    if (!has(module)) return
    const dir = temporaryDirectory()
    for (const format of formats) {
      const path = join(dir, `cues.${format}`)
      writeFileSync(path, written(format, plain))
      const found = asked(script, path) as [number, number, string[]][]
      expect(
        found.map(([, , lines]) => lines.map((line) => line.trim())),
        format,
      ).toEqual(plain.map(({ lines }) => lines))
      for (const [index, [start]] of found.entries())
        expect(Math.abs(start - (cues[index]?.startMs ?? 0)), `${format} ${start}`).toBeLessThanOrEqual(
          format === 'scc' ? 80 : 10,
        )
    }
  })
})

function ttconvScript(): string {
  return `import sys,json,logging
logging.disable(50)
import xml.etree.ElementTree as et
import ttconv.imsc.reader as r, ttconv.scc.reader as s, ttconv.srt.writer as w, re
p=sys.argv[1]
m=s.to_model(open(p).read()) if p.endswith('scc') else r.to_model(et.parse(p))
ms=lambda t:(int(t[0:2])*3600+int(t[3:5])*60+int(t[6:8]))*1000+int(t[9:12])
t=w.from_model(m)
print(json.dumps([[ms(b.split('\\n')[1][:12]),ms(b.split('\\n')[1][17:29]),re.sub('<[^>]*>','',b.split('\\n',2)[2]).replace('&lt;','<').replace('&gt;','>').replace('&amp;','&').split('\\n')] for b in t.strip().split('\\n\\n')]))`
}

describe('tracks of films', () => {
  it('are taken out, text as SRT and ASS as it is', async () => {
    const dir = temporaryDirectory()
    mkdirSync(join(dir, 'in'))
    const [srt, ass, film] = ['in/a.srt', 'in/b.ass', 'film.mkv'].map((name) => join(dir, name))
    writeFileSync(srt ?? '', written('srt'))
    writeFileSync(ass ?? '', written('ass'))
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-i',
      srt ?? '',
      '-i',
      ass ?? '',
      '-map',
      '0',
      '-map',
      '1',
      '-c',
      'copy',
      film ?? '',
    ])
    for (const [track, format] of [
      [0, 'srt'],
      [1, 'ass'],
    ] as const) {
      const { paths } = await runStage(extract, { inputs: { film }, params: { track }, dir })
      const read = readSubtitles(readFileSync(paths.subtitles ?? ''))
      expect(read).toMatchObject({ ok: true, value: { format, cues } })
    }
    await expect(runStage(extract, { inputs: { film }, params: { track: 2 }, dir })).rejects.toThrow('has no track 2')
  })
})
