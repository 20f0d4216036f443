import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { executedSteps, runCommand, runProgram, startCommand } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const talk = `# A short talk

It has a subtitle.

## Two points

- The first point
- The second point

## Code

This is code:

\`\`\`ts
const answer = 42
\`\`\`
`

const flags = ['-p', 'size=720p', '-p', 'fps=12', '--json']

function bench() {
  const dir = temporaryDirectory()
  const path = (...names: string[]) => join(dir, ...names)
  const run = (...args: readonly string[]) => runCommand(args, { cwd: dir })
  const kinds = (stdout: string) =>
    executedSteps(stdout)
      .map((step) => step.split('/')[0])
      .sort()
  return { dir, path, run, kinds }
}

describe('video, from a document to a film', () => {
  it('is spoken and shown scene by scene, together and as loud as asked, and a change of a sentence runs its scene', async () => {
    const { dir, path, run, kinds } = bench()
    writeFileSync(path('talk.md'), talk)
    const create = (...more: readonly string[]) =>
      run('create', '--from', 'document:talk.md', '--job', 'job', '--store', 'store', ...flags, ...more)
    const cold = await create()
    expect(cold.exitCode, cold.stderr).toBe(0)
    const perScene = ['narrate', 'render']
    expect(kinds(cold.stdout)).toEqual(
      [
        'adapt',
        ...perScene,
        ...perScene,
        ...perScene,
        'output',
        'pictures',
        'report',
        'script',
        'sound',
        'validate',
      ].sort(),
    )

    expect(executedSteps(cold.stdout)).toContain('narrate/two-points')

    const report: unknown = JSON.parse(readFileSync(path('job', '09_output', 'report.json'), 'utf8'))
    expect(report).toMatchObject({ loudness: { targetLufs: -16 } })
    const film = path('job', '09_output', 'film.mp4')
    const probe = await runProgram(
      'ffprobe',
      ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-show_chapters', film],
      dir,
    )
    expect(JSON.parse(probe)).toMatchObject({
      streams: [
        { codec_name: 'h264', width: 1280, height: 720 },
        { codec_name: 'aac' },
        { codec_name: 'mov_text' },
        {},
      ],
    })
    const captions = readFileSync(path('job', '09_output', 'captions', 'en.srt'), 'utf8')
    expect(captions).toContain('The second point')
    expect(captions).not.toContain('const answer')

    const page = readFileSync(path('job', '10_report', 'report.html'), 'utf8')
    expect(page).toContain('2. Two points')
    // The bytes of a picture may spell anything.
    expect(page.replaceAll(/;base64,[\w+/=]+/g, '')).not.toMatch(/NaN|undefined|https?:/)

    const warm = await create()
    expect(kinds(warm.stdout)).toEqual([])
    // What is said of music counts only where there is music.
    expect(kinds((await create('-p', 'musicLevel=30')).stdout)).toEqual([])
    const underMusic = (level: number) => {
      const music = [
        '--input',
        'music=job/09_output/film.mp4',
        '-p',
        'format=markdown',
        '-p',
        `musicLevel=${level}`,
        '--to',
        'music',
      ]
      return run('run', 'video', 'talk.md', '--job', 'job', '--store', 'store', ...flags, ...music)
    }
    expect(kinds((await underMusic(30)).stdout)).toEqual(['music'])
    expect(kinds((await underMusic(20)).stdout)).toEqual(['music'])

    writeFileSync(path('talk.md'), talk.replace('The first point', 'Another first point'))
    const edited = await create()
    expect(kinds(edited.stdout)).toEqual([
      'adapt',
      'narrate',
      'output',
      'render',
      'report',
      'script',
      'sound',
      'validate',
    ])

    // What is only shown is not spoken again.
    writeFileSync(path('talk.md'), talk.replace('The first point', 'Another first point').replace('42', '43'))
    expect(kinds((await create()).stdout)).toEqual(['adapt', 'output', 'render', 'report', 'script', 'validate'])
  })

  it.each([
    [
      'a typo in a script',
      'script.yaml',
      'scenes:\n  - tilte: One\n',
      /line 2, column 5: there is no key 'tilte' in scenes #1: did you mean 'title'\?/,
    ],
    ['letters that no font has', 'talk.md', '# 漢字\n', /the fonts have no letters for '漢', '字'/],
    ['text from right to left', 'talk.md', '# שלום 1920\n', /scene 1 \(line 1\): 'שלום' is written from right to left/],
    ['a theme that is none', 'talk.md', '---\ntheme: pink\n---\n\n# A\n', /the theme 'pink'; there are: midnight/],
    ['an empty document', 'talk.md', '\n', /the input 'document' is empty/],
    ['what is no text', 'talk.md', 'a\0b', /it is not text/],
  ])('says at once what is wrong with %s', async (_, name, content, message) => {
    const { path, run } = bench()
    writeFileSync(path(name), content)
    const { exitCode, stderr } = await run('run', 'video', name, '--job', 'job', '--store', 'store')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(message)
  })

  it('fails on warnings where it is strict', async () => {
    const { path, run } = bench()
    writeFileSync(
      path('talk.md'),
      `# T\n\n${Array.from({ length: 60 }, (_, index) => `- item ${index}`).join('\n')}\n\n<!-- All of this is said in one scene. -->\n`,
    )
    const { exitCode, stderr } = await run(
      'run',
      'video',
      'talk.md',
      '-p',
      'strict=true',
      '--job',
      'job',
      '--store',
      'store',
    )
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/60 elements are too much for one scene: split the scene, or shorten it/)
  })
})

describe('create', () => {
  it('takes standard input, and keeps it for the next run', async () => {
    const { dir, path } = bench()
    const args = ['create', '--from', 'text:-', '--dry-run', '--store', 'store']
    const make = async (text: string) => {
      const { child, ended } = startCommand(args, { cwd: dir })
      child.stdin?.end(text)
      return ended
    }
    const { exitCode, stderr } = await make('Some words.\n\nSome more.\n')
    expect(exitCode, stderr).toBe(0)
    const name = /kept in \.\/(document-[0-9a-f]{8}\.txt)/.exec(stderr)?.[1] ?? ''
    expect(readFileSync(path(name), 'utf8')).toBe('Some words.\n\nSome more.\n')
    expect(await make('')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('standard input is empty') })
  })

  it.each([
    [['create'], 'no document is given'],
    [['create', 'a.md', '--from', 'yaml:b.yaml'], 'give either a.md or --from yaml:b.yaml'],
    [['create', 'none.md'], 'none.md'],
    [['create', '--from', 'pdf:a.pdf'], "'pdf' is not a kind; there are: document, markdown, slides"],
    [['create', '--from', 'yaml:'], 'a file must follow the colon'],
    [['create', '--from', 'yaml:none.yaml'], 'none.yaml'],
  ])('refuses %j', async (args, message) => {
    const { run } = bench()
    const { exitCode, stderr } = await run(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
  })
})
