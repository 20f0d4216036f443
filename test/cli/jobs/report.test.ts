import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { main } from '../../../src/cli/program/program.ts'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { fakeContext } from '../fake-context.ts'

const hostile = '<script>alert(1)</script>'

const write = defineStage({
  name: 'write',
  version: 1,
  inputs: {},
  params: z.object({ name: z.string(), fails: z.boolean().default(false) }),
  outputs: { made: 'made/' },
  run({ params, outputs, log, warn, fail }) {
    log('the last words')
    warn(`careful: ${hostile}`)
    if (params.fails) fail(`it broke: ${hostile}`)
    mkdirSync(outputs.made, { recursive: true })
    writeFileSync(join(outputs.made, 'a #1.vtt'), `WEBVTT\n\n${hostile}\n`)
    writeFileSync(join(outputs.made, 'film.mp4'), 'not a film')
    writeFileSync(join(outputs.made, 'dot.svg'), `<svg xmlns="http://www.w3.org/2000/svg">${hostile}</svg>`)
  },
})
const pipeline = definePipeline({
  name: 'writing',
  inputs: {},
  params: z.object({ fails: z.boolean().default(false) }),
  build: ({ step, each, params }) => ({
    made: step(write, {}, { id: 'first', params: { name: 'x' } }).made,
    items: each(['a', 'b'], (name) => step(write, {}, { params: { name, fails: params.fails && name === 'b' } })).made,
  }),
})

async function bench() {
  const { run, dir, jobDir } = await createWorkbench()
  const cli = async (...args: readonly string[]) => {
    const fake = fakeContext({ cwd: dir })
    const exitCode = await main(['report', ...args], fake.context)
    return { exitCode, stdout: fake.stdout(), stderr: fake.stderr() }
  }
  return { run, dir, jobDir, cli, page: (path = 'report.html') => readFileSync(join(jobDir, path), 'utf8') }
}

describe('the report of a job', () => {
  it('shows outputs, steps and warnings on one page, in which nothing of a job is code', async () => {
    const { run, cli, page } = await bench()
    await run(pipeline)
    expect(await cli('job')).toEqual({ exitCode: 0, stdout: './job/report.html\n', stderr: '' })
    const text = page()
    expect(text).not.toMatch(/<script/i)
    expect(text).toContain(`careful: &#60;script&#62;alert(1)&#60;/script&#62;`)
    expect(text).toContain('<video controls preload="metadata" src="01_first/made/film.mp4">')
    expect(text).toContain('href="01_first/made/a%20%231.vtt"')
    expect(text).toContain('<track kind="subtitles" label="a #1"')
    expect(text).toContain('src="data:image/svg+xml;base64,')
    expect(text).toContain("default-src 'none'")
    for (const step of ['first', 'write/a', 'write/b']) expect(text).toContain(`<td>${step}</td>`)
    expect(text).not.toMatch(/(src|href)="https?:/)
  })

  it('draws how loud a sound is, with the spans of its subtitles', async () => {
    const { run, cli, page } = await bench()
    const record = defineStage({
      name: 'record',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { made: 'made/' },
      run({ outputs }) {
        const head = Buffer.from('RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0....\0\0\0\0\x02\0\x10\0data....', 'latin1')
        // Two seconds at 8 kHz: silence, and then as loud as it can be.
        const samples = Int16Array.from({ length: 16_000 }, (_, at) =>
          at < 8000 ? 0 : at % 2 === 0 ? 32_000 : -32_000,
        )
        for (const [at, value] of [
          [4, 32_036],
          [24, 8000],
          [28, 16_000],
          [40, 32_000],
        ] as const)
          head.writeUInt32LE(value, at)
        writeFileSync(join(outputs.made, 'sound.wav'), Buffer.concat([head, Buffer.from(samples.buffer)]))
        writeFileSync(join(outputs.made, 'en.vtt'), `WEBVTT\n\n00:01.000 --> 00:02.000\n${hostile}\n`)
        writeFileSync(join(outputs.made, 'silent.mp4'), 'no film')
      },
    })
    await run(
      definePipeline({
        name: 'recording',
        inputs: {},
        params: z.object({}),
        build: ({ step }) => ({ made: step(record, {}).made }),
      }),
    )
    await cli('job')
    const text = page()
    expect(text.match(/<svg class="wave"/g)).toHaveLength(1)
    expect(text).toContain('<rect x="430.0" y="0" width="430.0" height="56"><title>alert(1)</title></rect>')
    const reaches = [...text.matchAll(/M([\d.]+) [\d.]+v([\d.]+)/g)].map(([, x, v]) => [Number(x), Number(v)] as const)
    expect(reaches).toHaveLength(200)
    const of = (from: number, to: number) => reaches.filter(([x]) => x >= from && x < to).map(([, v]) => v)
    expect([Math.max(...of(0, 420)), Math.min(...of(440, 850))]).toEqual([1, expect.closeTo(51.5, 0)])
  })

  it('is no change of the job: the next run executes nothing and warns of nothing', async () => {
    const { run, cli } = await bench()
    await run(pipeline)
    await cli('job')
    const again = await run(pipeline)
    expect(again.executed).toEqual([])
    expect(again.of('pipeline_warning')).toEqual([])
    const { stdout } = await cli('job', '--output', '-')
    expect(stdout).toMatch(/cache hit, saved/)
  })

  it('names what failed first, with the end of its log, and keeps what was made', async () => {
    const { run, cli, page } = await bench()
    await run(pipeline, { params: { fails: true }, keepGoing: true })
    await cli('job')
    const text = page()
    expect(text.indexOf('1 failed step')).toBeGreaterThan(0)
    expect(text.indexOf('1 failed step')).toBeLessThan(text.indexOf('Steps</h2>'))
    expect(text).toMatch(/<h3>write\/b<\/h3><p class="bad">it broke: &#60;script/)
    expect(text).toContain('the last words')
    expect(text).toContain('reprise run --job ./job')
    const { stdout } = await cli('job', '--markdown')
    expect(stdout).toMatch(/^## writing: job failed\n/)
    expect(stdout).toContain('- **write/b** failed: it broke: &#60;script&#62;')
    expect(stdout).not.toMatch(/^.*failed: .*<script>/m)
    const { state, steps } = z
      .object({ state: z.string(), steps: z.array(z.object({ step: z.string(), state: z.string() })) })
      .parse(JSON.parse((await cli('job', '--json')).stdout))
    expect([state, steps.map(({ step, state: of }) => `${step} ${of}`)]).toEqual([
      'failed',
      ['first done', 'write/a done', 'write/b failed'],
    ])
  })

  it('refuses what is no job, and says where it cannot write', async () => {
    const { run, cli } = await bench()
    expect((await cli('nowhere')).exitCode).not.toBe(0)
    await run(pipeline)
    const unwritable = await cli('job', '-o', 'no/such/folder.html')
    expect([unwritable.exitCode, unwritable.stderr]).toEqual([
      1,
      expect.stringMatching(/cannot write the page: ENOENT.*--output FILE/),
    ])
    expect((await cli('job', '--markdown', '--json')).exitCode).toBe(2)
  })
})
