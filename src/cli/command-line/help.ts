import { type Entry, entryLines, wrapped } from '../../report/text/entries.ts'
import type { Style } from '../../report/text/style.ts'
import type { Positional } from './command-line.ts'
import { type Flag, type Flags, valueTerm } from './flag.ts'

/** A command line to copy, and what it does. */
export interface Example {
  readonly line: string
  readonly does: string
}

/** What `--help` shows of a command, or of a group of commands. */
export interface Teaching {
  /** With the program's name: `reprise cache gc`. */
  readonly name: string
  readonly description: string
  readonly positionals: readonly Positional[]
  readonly flags: Flags
  /** Names of flags by the title that they stand under; the others stand under FLAGS. */
  readonly flagGroups?: FlagGroups
  readonly examples: readonly Example[]
  /** Paragraphs, with an empty line between them; other line breaks count as spaces. */
  readonly notes?: string
}

/** Names of flags by the title of their group, in the order of `--help`. */
export type FlagGroups<Name extends string = string> = Readonly<Record<string, readonly Name[]>>

export interface HelpOptions {
  /** The commands of a group. */
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  /** How many characters a line may have. */
  readonly width: number
  readonly style: Style
}

/** Returns what `--help` prints. Only the lines of examples, which are there to copy, may be longer than the width. */
export function helpText(teaching: Teaching, { commands, width, style }: HelpOptions): string {
  const { name, description, positionals, flags, flagGroups, notes, examples } = teaching
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', style('bold', title), ...lines]
  const usage = [
    name,
    ...(commands.length === 0 ? positionals.map(positionalUsage) : ['COMMAND']),
    ...(Object.keys(flags).length === 0 ? [] : ['[FLAGS]']),
  ].join(' ')
  const paragraphs = notes === undefined ? [] : notes.split('\n\n')
  const lines = [
    ...wrapped(description, width),
    '',
    `${style('bold', 'USAGE')} ${usage}`,
    ...section(
      'COMMANDS',
      entryLines(
        commands.map((command): Entry => [command.name, command.description]),
        { width },
      ),
    ),
    ...section(
      'ARGUMENTS',
      entryLines(
        positionals.map((one): Entry => [positionalTerm(one), one.description]),
        { width },
      ),
    ),
    ...flagSections(flags, flagGroups).flatMap(([title, entries]) => section(title, entryLines(entries, { width }))),
    ...paragraphs.flatMap((text) => ['', ...wrapped(text, width)]),
    ...(commands.length === 0 ? [] : ['', `For the flags of a command, run: ${name} COMMAND --help`]),
    ...section(
      'EXAMPLES',
      examples.flatMap(({ line, does }) => [`  ${line}`, ...wrapped(does, width - 6).map((text) => `      ${text}`)]),
    ),
  ]
  return `${lines.join('\n')}\n`
}

function positionalTerm({ name, many }: Positional): string {
  return `${name.toUpperCase()}${many === true ? '...' : ''}`
}

function positionalUsage(positional: Positional): string {
  const term = positionalTerm(positional)
  return positional.required === true ? term : `[${term}]`
}

/** Returns the entries of the flags by the title of their group. */
function flagSections(flags: Flags, groups: FlagGroups = {}): readonly (readonly [string, readonly Entry[]])[] {
  const entries = (names: readonly string[]): readonly Entry[] =>
    names.flatMap((name) => {
      const flag = flags[name]
      return flag === undefined ? [] : [[flagTerm(name, flag), flag.description] as const]
    })
  const grouped = new Set(Object.values(groups).flat())
  const others = Object.keys(flags).filter((name) => !grouped.has(name))
  return [...Object.entries(groups), ['FLAGS', others] as const].map(([title, names]) => [title, entries(names)])
}

function flagTerm(name: string, flag: Flag): string {
  const letter = flag.letter === undefined ? '    ' : `-${flag.letter}, `
  return `${letter}--${name}${flag.kind === 'switch' ? '' : ` ${valueTerm(flag)}`}`
}
