import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { runCommand } from '../rig/command.ts'
import { createWorkbench } from '../rig/workbench.ts'

const config = `
import { definePipeline, defineStage, json } from 'reprise'
import { z } from 'zod'
const half = defineStage({
  name: 'half', version: 1, inputs: {}, params: z.object({ of: z.number() }), outputs: { value: json(z.number()) },
  run: ({ params, fail }) => (params.of % 2 === 0 ? { value: params.of / 2 } : fail('odd')),
})
export default { pipelines: [definePipeline({
  name: 'halves', inputs: {}, params: z.object({ of: z.number().default(4) }),
  build: ({ step, params }) => step(half, {}, { params }),
})] }
`
const spans = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.object({ key: z.string(), value: z.unknown() })) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              attributes: z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })),
            }),
          ),
        }),
      ),
    }),
  ),
})

/** Starts what takes traces, and answers with a status. */
async function collector(status: number) {
  const taken: { readonly path: string | undefined; readonly body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      taken.push({ path: request.url, body })
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { taken, url: `http://127.0.0.1:${port}` }
}

async function bench() {
  const { dir, path } = await createWorkbench()
  writeFileSync(join(dir, 'reprise.config.ts'), config)
  return (env: Record<string, string>, ...params: string[]) =>
    runCommand(['run', 'halves', ...params], { cwd: dir, env: { REPRISE_STORE: path('store-of-cli'), ...env } })
}

describe('the command line', () => {
  it('sends its spans to the address that the environment names', async () => {
    const { taken, url } = await collector(200)
    const run = await bench()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_RESOURCE_ATTRIBUTES: 'team=sound' }
    expect(await run(env)).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('warning') })
    expect(taken.map(({ path }) => path)).toEqual(['/v1/traces'])
    const [sent] = spans.parse(JSON.parse(taken[0]?.body ?? '')).resourceSpans
    const resource = Object.fromEntries((sent?.resource.attributes ?? []).map(({ key, value }) => [key, value]))
    expect(resource).toMatchObject({ 'service.name': { stringValue: 'reprise' }, team: { stringValue: 'sound' } })
    const all = (sent?.scopeSpans ?? []).flatMap((scope) => scope.spans)
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['run halves', 'step half']))
    const attributes = Object.fromEntries(
      (all.find(({ name }) => name === 'run halves')?.attributes ?? []).map(({ key, value }) => [
        key,
        value.stringValue,
      ]),
    )
    expect(attributes).toMatchObject({ 'cicd.pipeline.name': 'halves', 'cicd.pipeline.result': 'success' })
  })

  it('warns where they are not taken, and the run counts', async () => {
    const { url } = await collector(400)
    const run = await bench()
    expect(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('warning: traces were not sent, or not all: '),
    })
  })

  it('sends nothing where traces are switched off', async () => {
    const { taken, url } = await collector(200)
    const run = await bench()
    for (const off of [{ OTEL_TRACES_EXPORTER: 'none' }, { OTEL_SDK_DISABLED: 'true' }])
      expect((await run({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...off })).exitCode).toBe(0)
    expect(taken).toEqual([])
  })
})
