import type { CompletedCommand } from './completed-command.ts'

/** Returns the completions of fish: a line for each command and flag, with the commands under which it is offered. */
export function fishCompletions(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ path, words, flags }) => {
    const below = commands.filter(
      (other) => other.path.length === path.length + 1 && path.every((word, at) => other.path[at] === word),
    )
    const under =
      path.length === 0
        ? '__fish_use_subcommand'
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const not =
      below.length === 0 || path.length === 0
        ? ''
        : `; and not __fish_seen_subcommand_from ${below.map(({ path: own }) => own.at(-1)).join(' ')}`
    const condition = `-n ${quoted(under + not)}`
    return [
      ...below.map(
        ({ path: own, description }) =>
          `complete -c reprise -f ${condition} -a ${own.at(-1)} -d ${quoted(description)}`,
      ),
      ...(below.length > 0 || words.length === 0
        ? []
        : [`complete -c reprise ${condition} -a ${quoted(words.join(' '))}`]),
      ...flags.map(({ name, letter, description, takesValue, choices }) =>
        [
          `complete -c reprise ${condition} -l ${name}`,
          ...(letter === undefined ? [] : [`-s ${letter}`]),
          ...(takesValue ? ['-r'] : []),
          ...(choices.length === 0 ? [] : [`-f -a ${quoted(choices.join(' '))}`]),
          `-d ${quoted(description)}`,
        ].join(' '),
      ),
    ]
  })
  return `# Completions of reprise for fish.\n${lines.join('\n')}\n`
}

/** Returns a text in single quotes, as fish reads it. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
