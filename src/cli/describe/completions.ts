import type { CommandDef } from 'citty'
import { shippedNames } from '../../config/pipelines.ts'
import { exitCodes, unknownName } from '../../core/index.ts'
import { command, teachingOf } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { bashCompletions } from './completions/bash.ts'
import type { CompletedCommand } from './completions/completed-command.ts'
import { fishCompletions } from './completions/fish.ts'
import { zshCompletions } from './completions/zsh.ts'

const shells: ReadonlyMap<string, (commands: readonly CompletedCommand[]) => string> = new Map([
  ['bash', bashCompletions],
  ['zsh', zshCompletions],
  ['fish', fishCompletions],
])

/** Returns `reprise completions`, which completes the commands below this one. */
export function completionsCommand(root: CommandDef): CommandDef {
  return command({
    name: 'completions',
    description: 'Prints what makes a shell complete commands, flags and their values when you press Tab.',
    positionals: [{ name: 'shell', description: 'bash, zsh or fish.', required: true }],
    flags: {},
    notes: `The script is complete in itself: it starts no program when you press Tab. Print it again after an update of Reprise.`,
    examples: [
      {
        line: 'reprise completions bash >~/.local/share/bash-completion/completions/reprise',
        does: 'for bash; create the folder if it is not there',
      },
      { line: 'reprise completions zsh >~/.zsh/functions/_reprise', does: 'for zsh, into a folder of its fpath' },
      { line: 'reprise completions fish >~/.config/fish/completions/reprise.fish', does: 'for fish' },
    ],
    async execute({ positionals }, context) {
      const [shell = ''] = positionals
      const write = shells.get(shell)
      if (write === undefined)
        return usageError(context, 'completions', unknownName('shell', shell, [...shells.keys()]))
      context.stdout.write(write(await commandsBelow(root, [])))
      return exitCodes.ok
    },
  })
}

async function commandsBelow(definition: CommandDef, path: readonly string[]): Promise<readonly CompletedCommand[]> {
  const { description, flags, positionals } = teachingOf(definition)
  const { subCommands } = definition
  const named = Object.entries((await (typeof subCommands === 'function' ? subCommands() : subCommands)) ?? {})
  const below: CompletedCommand[] = []
  for (const [name, load] of named) {
    const loaded: unknown = typeof load === 'function' ? await load() : load
    if (isCommand(loaded)) below.push(...(await commandsBelow(loaded, [...path, name])))
  }
  const words = positionals.some(({ name }) => name === 'pipeline') ? shippedNames : []
  const own = {
    path,
    description,
    words: [...named.map(([name]) => name), ...words],
    flags: [
      ...Object.entries(flags).map(([name, flag]) => ({
        name,
        description: flag.description,
        takesValue: flag.kind !== 'switch',
        choices: flag.kind === 'choice' ? flag.choices : [],
        ...(flag.letter === undefined ? {} : { letter: flag.letter }),
      })),
      { name: 'help', letter: 'h', description: 'Shows this help.', takesValue: false, choices: [] },
    ],
  }
  return [own, ...below]
}

function isCommand(value: unknown): value is CommandDef {
  return typeof value === 'object' && value !== null && 'meta' in value
}
