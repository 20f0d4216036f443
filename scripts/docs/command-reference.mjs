/** Makes the command reference from what the commands declare: there is one source, so the two cannot drift apart. */
import { createJiti } from 'jiti'

const jiti = createJiti(import.meta.url)
const { rootCommand } = await jiti.import('../../src/cli/program/commands.ts')
const { teachingOf } = await jiti.import('../../src/cli/command-line/command.ts')
const { valueTerm } = await jiti.import('../../src/cli/command-line/flag.ts')

const head = `# Commands

<!-- Made by \`npm run docs:update\` from the commands' own declarations. Change those, not this page. -->

Every command shows what is written here with \`--help\`; \`reprise help COMMAND\` does the same. \`reprise --version\`
prints the version. Exit codes: 0 done, 1 a step failed, 2 the command line is wrong, 3 a tool is missing, 4 the store
cannot be used, 130 interrupted.
`

/** Returns the page, as Markdown. */
export async function commandReference() {
  const commands = await leaves(rootCommand)
  const rows = commands.map(({ name, description }) => [`[\`${name}\`](#${anchorOf(name)})`, escaped(description)])
  return `${[head.trimEnd(), table(['Command', 'What it does'], rows), ...commands.map(sectionOf)].join('\n\n')}\n`
}

/** Returns what there is to say of every command that does something, in the order of the help. */
async function leaves(definition) {
  const { subCommands } = definition
  if (subCommands === undefined) return [teachingOf(definition)]
  const found = []
  // One after the other: jiti hands out a module that another import is still evaluating.
  for (const load of Object.values(subCommands)) found.push(...(await leaves(await load())))
  return found
}

function sectionOf({ name, description, positionals, flags, notes, examples }) {
  const usage = [name, ...positionals.map(usageOf), ...(Object.keys(flags).length === 0 ? [] : ['[FLAGS]'])].join(' ')
  const argumentRows = positionals.map((one) => [`\`${termOf(one)}\``, escaped(one.description)])
  const flagRows = Object.entries(flags).map(([flag, declared]) => [
    [...(declared.letter === undefined ? [] : [`\`-${declared.letter}\``]), `\`${flagTerm(flag, declared)}\``].join(
      ', ',
    ),
    escaped(declared.description),
  ])
  const parts = [
    `## ${name}`,
    escaped(description),
    fenced('text', usage),
    argumentRows.length === 0 ? '' : table(['Argument', ''], argumentRows),
    flagRows.length === 0 ? '' : table(['Flag', ''], flagRows),
    ...(notes ?? '').split('\n\n').map((paragraph) => escaped(paragraph.replace(/\s*\n\s*/g, ' '))),
    fenced('sh', examples.map(({ line, does }) => `# ${does}\n${line}`).join('\n')),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

const termOf = ({ name, many }) => `${name.toUpperCase()}${many === true ? '...' : ''}`
const usageOf = (positional) => (positional.required === true ? termOf(positional) : `[${termOf(positional)}]`)
const flagTerm = (name, flag) =>
  `--${name}${flag.kind === 'switch' ? '' : ` ${valueTerm(flag).replaceAll('|', '\\|')}`}`
const anchorOf = (name) => name.replaceAll(' ', '-')
const fenced = (language, text) => `\`\`\`${language}\n${text}\n\`\`\``

/** Returns text in which nothing counts as Markdown or HTML; commands and flags in it are set as code. */
function escaped(text) {
  const code = /'((?:reprise|--)[^']*)'|(?<=^|[\s(:])(--?[a-z][a-z-]*)(?=[\s,;.:)]|$)|\b(REPRISE_[A-Z_]+)/g
  let at = 0
  let result = ''
  for (const { index, 0: found, 1: quoted, 2: flag, 3: variable } of text.matchAll(code)) {
    result += `${plain(text.slice(at, index))}\`${(quoted ?? flag ?? variable).replaceAll('|', '\\|')}\``
    at = index + found.length
  }
  return result + plain(text.slice(at))
}

const plain = (text) => text.replace(/[<>*_|`]/g, (letter) => `\\${letter}`)

function table(header, rows) {
  const widths = header.map((title, column) => Math.max(title.length, 3, ...rows.map((row) => row[column].length)))
  const line = (cells, fill = ' ') => `| ${cells.map((cell, at) => cell.padEnd(widths[at], fill)).join(' | ')} |`
  return [
    line(header),
    line(
      header.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row)),
  ].join('\n')
}
