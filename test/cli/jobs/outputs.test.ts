import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { main } from '../../../src/cli/program/program.ts'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { fakeContext } from '../fake-context.ts'

const write = defineStage({
  name: 'write',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { text: 'text.txt' },
  run: ({ params, outputs, fail }) => (params.text === '' ? fail('empty') : writeFileSync(outputs.text, params.text)),
})
const pipeline = definePipeline({
  name: 'writing',
  inputs: {},
  params: z.object({ items: z.array(z.string()).default(['a', 'b']), text: z.string().default('x') }),
  build: ({ step, each, params }) => ({
    report: step(write, {}, { id: 'report', params: { text: params.text } }).text,
    items: each(params.items, (text) => step(write, {}, { params: { text } })).text,
  }),
})

async function bench() {
  const { run, dir, jobDir } = await createWorkbench()
  const cli = async (...args: readonly string[]) => {
    const fake = fakeContext({ cwd: dir })
    const exitCode = await main(['outputs', ...args], fake.context)
    return { exitCode, stdout: fake.stdout(), stderr: fake.stderr() }
  }
  return { run, jobDir, cli }
}

describe('the outputs of a job', () => {
  it('stand by name in the event of its end, and are printed', async () => {
    const { run, jobDir, cli } = await bench()
    const { of } = await run(pipeline)
    const digest = expect.stringMatching(/^b3:[0-9a-f]{64}$/)
    const outputs = {
      report: { kind: 'file', path: '01_report/text.txt', digest },
      items: [
        { kind: 'file', path: '02_write/a/text.txt', digest },
        { kind: 'file', path: '02_write/b/text.txt', digest },
      ],
    }
    expect(of('pipeline_completed')[0]?.outputs).toEqual(outputs)
    expect(await cli('job')).toEqual({
      exitCode: 0,
      stdout:
        'report  ./job/01_report/text.txt\nitems   ./job/02_write/a/text.txt\nitems   ./job/02_write/b/text.txt\n',
      stderr: '',
    })
    expect((await cli('job', 'report')).stdout).toBe('./job/01_report/text.txt\n')
    expect((await cli('job', 'items')).stdout).toBe('./job/02_write/a/text.txt\n./job/02_write/b/text.txt\n')
    expect(JSON.parse((await cli('job', '--json')).stdout)).toEqual({
      report: { ...outputs.report, path: join(jobDir, '01_report/text.txt') },
      items: outputs.items.map((item) => ({ ...item, path: join(jobDir, item.path) })),
    })
    expect(Object.keys(JSON.parse((await cli('job', 'items', '--json')).stdout))).toEqual(['items'])
  })

  it('of a run that failed are those that it made; what is wrong is said', async () => {
    const { run, jobDir, cli } = await bench()
    expect(await cli('job')).toMatchObject({ exitCode: 2, stdout: '' })
    const { of } = await run(pipeline, { params: { text: '' }, keepGoing: true })
    expect(Object.keys(of('pipeline_failed')[0]?.outputs ?? {})).toEqual(['items'])
    expect(await cli('job')).toEqual({
      exitCode: 1,
      stdout: 'items  ./job/02_write/a/text.txt\nitems  ./job/02_write/b/text.txt\n',
      stderr:
        'reprise outputs: the last run of ./job failed, and made these outputs alone; for its state, run: reprise status ./job\n',
    })
    expect(await cli('job', 'report')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining("failed, and has no output 'report'; for its state, run: reprise status ./job"),
    })
    renameSync(jobDir, `${jobDir} (2)`)
    expect((await cli('job (2)')).stderr).toContain("run: reprise status './job (2)'\n")
    renameSync(`${jobDir} (2)`, jobDir)
    await run(pipeline)
    expect((await cli('job', 'reprot')).stderr).toContain("unknown output 'reprot': did you mean 'report'?")
    rmSync(join(jobDir, '01_report/text.txt'))
    expect(await cli('job', 'report')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is gone') })
  })
})
