import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { commandPath } from '../../rig/command.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

/** Writes, at the end, which packages the process has loaded, and which files of the build. */
const tell = `
const { writeFileSync } = require('node:fs')
const { basename } = require('node:path')
const vm = require('node:vm')
const files = []
vm.Script = class extends vm.Script {
  constructor(code, options) {
    super(code, options)
    files.push(basename(options?.filename ?? ''))
  }
}
const packageOf = (path) => /.*node_modules[/\\\\]((?:@[^/\\\\]+[/\\\\])?[^/\\\\]+)/.exec(path)?.[1]
process.on('exit', () => {
  const names = new Set(Object.keys(require('node:module')._cache).map(packageOf).filter((name) => name !== undefined))
  writeFileSync('loaded.json', JSON.stringify({ packages: [...names].sort(), files }))
})`

const config = `import { defineConfig, definePipeline, defineStage } from 'reprise'
import { writeFileSync } from 'node:fs'
const one = defineStage({ name: 'one', version: 1, outputs: { out: 'out.txt' }, run: ({ outputs }) => writeFileSync(outputs.out, '1') })
export default defineConfig({ pipelines: [definePipeline({ name: 'p', build: ({ step }) => step(one) })] })
`

it('of a run with nothing to do are the store and what loads its config: each package costs every start', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'tell.cjs'), tell)
  writeFileSync(join(cwd, 'reprise.config.mjs'), config)
  const env = { ...process.env, REPRISE_STORE: join(cwd, 'store') }
  const run = (...node: readonly string[]) =>
    promisify(execFile)(process.execPath, [...node, commandPath, 'run', 'p', '--job', 'job'], { cwd, env })
  await run()
  const { stderr } = await run('--require', './tell.cjs')
  expect(stderr).toContain('0 executed, 1 hit ')
  const loaded = z
    .object({ packages: z.array(z.string()), files: z.array(z.string()) })
    .parse(JSON.parse(readFileSync(join(cwd, 'loaded.json'), 'utf8')))
  const allowed = /^(@lmdb[/\\]lmdb-|@napi-rs[/\\]blake-hash-|jiti$)/
  expect(loaded.packages.filter((name) => !allowed.test(name))).toEqual([])
  expect(loaded.packages.some((name) => name.startsWith('@lmdb'))).toBe(true)
  // Nothing of the pipelines that ship, but what their services are called.
  expect(loaded.files.filter((file) => /^cli-(stages|subtitles|video|show|calls|zod)-/.test(file))).toEqual([])
  expect(loaded.files).toContain('start.cjs')
})
