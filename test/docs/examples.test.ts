import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sampleFilm } from '../rig/film.ts'
import { Reader } from './home.ts'
import { type Block, blocksOf, type Command, commandsOf, pagePaths, root } from './page.ts'
import { hasShape, lastingLines, leavesOut } from './shape.ts'

/** `npm run docs:update` writes the output anew that is no longer what a page shows. */
const updates = process.env.REPRISE_UPDATE_DOCS === '1'
const languages = ['console', 'json', 'sh', 'text', 'ts', 'yaml']

interface Edit {
  readonly at: number
  readonly removes: number
  readonly lines: readonly string[]
}

/** Runs a page from its top to its end, as a reader who copies everything. */
async function readPage(path: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-docs-'))
  try {
    const edits = await readBlocks(path, new Reader(dir, await sampleFilm()))
    if (edits.length > 0) applyEdits(path, edits)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function readBlocks(path: string, reader: Reader): Promise<readonly Edit[]> {
  const edits: Edit[] = []
  for (const block of blocksOf(path)) {
    const where = `${path}:${block.at + 1}`
    expect(languages, where).toContain(block.language)
    const file = block.options.get('file')
    if (file !== undefined) reader.write(file, `${block.lines.join('\n')}\n`)
    else if (block.options.has('norun')) expectNpmScripts(block)
    else if (block.language === 'sh') await runScript(reader, block, where)
    else if (block.language === 'console') edits.push(...(await runCommands(reader, block, where)))
    else expect(block.language, `${where}: TypeScript has a file=NAME`).not.toBe('ts')
  }
  return edits
}

async function runScript(reader: Reader, block: Block, where: string): Promise<void> {
  const { exitCode, output } = await reader.run(block.lines.join('\n'))
  expect(exitCode, `${where}: ${output}`).toBe(Number(block.options.get('exit') ?? 0))
}

async function runCommands(reader: Reader, block: Block, where: string): Promise<readonly Edit[]> {
  const edits: Edit[] = []
  const commands = commandsOf(block)
  for (const command of commands) {
    const { exitCode, output } = await reader.run(command.text)
    const expected = command === commands.at(-1) ? Number(block.options.get('exit') ?? 0) : 0
    expect(exitCode, `${where}: ${command.text}\n${output}`).toBe(expected)
    const lines = lastingLines(output.split('\n'))
    if (hasShape(lines, command.output)) continue
    if (!updates) expect(lines, `${where}: ${command.text}`).toEqual(command.output)
    edits.push({ at: block.at + 1 + command.outputAt, removes: command.output.length, lines: shown(lines, command) })
  }
  return edits
}

/** Keeps the mark of an output that is shortened, so that whoever updates it sees that it is to be shortened again. */
function shown(lines: readonly string[], command: Command): readonly string[] {
  return leavesOut(command.output) ? ['...', ...lines] : lines
}

function applyEdits(path: string, edits: readonly Edit[]): void {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  for (const { at, removes, lines: fresh } of [...edits].reverse()) lines.splice(at, removes, ...fresh)
  writeFileSync(join(root, path), lines.join('\n'))
}

/** What is not run here is what sets up a clone; the scripts that it names have to be there. */
function expectNpmScripts({ lines }: Block): void {
  const { scripts }: { scripts: object } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [, name = ''] of lines.join('\n').matchAll(/npm run ([\w:]+)/g))
    expect(Object.keys(scripts)).toContain(name)
}

describe.concurrent('the examples of', () => {
  it.each(pagePaths())('%s', (path) => readPage(path), 120_000)
})
