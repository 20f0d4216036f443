/**
 * The documentation. `build` makes the site in docs/.vitepress/dist; `check` makes it too, and fails on a warning of
 * TypeDoc, a dead link or anchor, and a stale command reference; `update` writes the command reference anew.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandReference } from './command-reference.mjs'
import { deadLinks } from './dead-links.mjs'
import { deadMarkdownLinks } from './markdown-links.mjs'

process.chdir(join(import.meta.dirname, '../..'))
const reference = 'docs/reference/commands.md'
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs', 'store', 'stages', 'bench']
const problems = []

function run(program, ...args) {
  const path = join('node_modules/.bin', program)
  const { status, stdout, stderr, error } = spawnSync(path, args, { encoding: 'utf8' })
  if (status !== 0) problems.push(`${program} failed: ${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trim())
}

function build() {
  rmSync('docs/reference/api', { recursive: true, force: true })
  run('typedoc', '--options', 'docs/typedoc.json', '--logLevel', 'Warn')
  if (problems.length === 0) run('vitepress', 'build', 'docs')
}

const tasks = {
  build,
  async check() {
    if (readFileSync(reference, 'utf8') !== (await commandReference()))
      problems.push(`${reference} is not what the commands declare: run npm run docs:update`)
    problems.push(...deadMarkdownLinks(pages))
    build()
    if (problems.length === 0) problems.push(...deadLinks('docs/.vitepress/dist'))
  },
  async update() {
    writeFileSync(reference, await commandReference())
  },
}

await tasks[process.argv[2]]()
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
