import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A fenced block of a page, or a comment that begins with `<!-- run`, which is a `sh` block that nobody sees. */
export interface Block {
  /** The index of the line that opens it. */
  readonly at: number
  readonly language: string
  /** What stands after the language: `file=NAME`, `exit=1`, `norun`. */
  readonly options: ReadonlyMap<string, string>
  readonly lines: readonly string[]
}

/** Returns the paths of the pages whose examples are run: README, CONTRIBUTING and docs/, without what is made. */
export function pagePaths(): readonly string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !/(^|\/)(\.vitepress|api|project)\//.test(path))
    .filter((path) => path !== join('reference', 'commands.md'))
  return ['README.md', 'CONTRIBUTING.md', ...docs.map((path) => join('docs', path))]
}

/** Returns the blocks of a page in their order. */
export function blocksOf(path: string): readonly Block[] {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const opening = /^ *(?:```([a-z]+)?(.*)|<!-- (run))$/.exec(lines[at] ?? '')
    if (opening === null) continue
    const [, language = 'text', options = '', hidden] = opening
    const closing = hidden === undefined ? /^ *```$/ : /^-->$/
    const length = lines.slice(at + 1).findIndex((line) => closing.test(line))
    if (length < 0) throw new Error(`${path}:${at + 1}: the block has no end`)
    blocks.push({
      at,
      language: hidden === undefined ? language : 'sh',
      options: readOptions(options),
      lines: lines.slice(at + 1, at + 1 + length),
    })
    at += length + 1
  }
  return blocks
}

function readOptions(text: string): ReadonlyMap<string, string> {
  const words = text.split(' ').filter((word) => word !== '')
  return new Map(words.map((word) => [word.split('=')[0] ?? '', word.split('=').slice(1).join('=')]))
}

/** A command of a `console` block, and the output that the page shows. */
export interface Command {
  /** The index of the first line of the output, counted from the block's first. */
  readonly outputAt: number
  readonly text: string
  readonly output: readonly string[]
}

/** Returns the commands of a `console` block: the lines that begin with `$`, each with what follows up to the next. */
export function commandsOf({ lines }: Block): readonly Command[] {
  const commands: { outputAt: number; text: string; output: string[] }[] = []
  lines.forEach((line, at) => {
    const last = commands.at(-1)
    if (line.startsWith('$ ')) commands.push({ outputAt: at + 1, text: line.slice(2), output: [] })
    else if (last?.output.length === 0 && last.text.endsWith('\\')) {
      last.text += `\n${line}`
      last.outputAt = at + 1
    } else last?.output.push(line)
  })
  return commands
}
