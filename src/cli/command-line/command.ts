import { type CommandDef, defineCommand } from 'citty'
import { CliContext } from './cli-context.ts'
import { type CommandLine, type Given, parseCommandLine, withoutHelp } from './command-line.ts'
import { usageError } from './error-line.ts'
import type { Flags } from './flag.ts'
import type { Example, FlagGroups, Teaching } from './help.ts'

/** A command as its file declares it. */
export interface CommandSpec<F extends Flags> extends CommandLine<F> {
  /** As it is typed, without the program's name: `cache gc`. */
  readonly name: string
  readonly description: string
  /** Which flags stand together in `--help`, where there are many. */
  readonly flagGroups?: FlagGroups<keyof F & string>
  readonly examples: readonly [Example, ...Example[]]
  /** Paragraphs for `--help`, below the flags; an empty line stands between them. */
  readonly notes?: string
  /** Returns what `--help` prints at its end about what the command line names; the flags that ask for help are left out. */
  readonly helpOn?: (given: Given<F>, context: CliContext) => Promise<string | undefined>
  /** Does the work and returns the exit code. */
  execute(given: Given<F>, context: CliContext): Promise<number>
}

const teachings = new WeakMap<object, Teaching>()
const helpEnds = new WeakMap<object, (args: readonly string[], context: CliContext) => Promise<string | undefined>>()

/** Returns what `--help` shows of a command. */
export function teachingOf(definition: CommandDef): Teaching {
  const teaching = teachings.get(definition)
  if (teaching === undefined) throw new TypeError('a command is made by command() or commandGroup()')
  return teaching
}

/** Returns what `--help` prints at its end for these arguments, or undefined where there is nothing, or a mistake in them. */
export async function helpEndOf(
  definition: CommandDef,
  args: readonly string[],
  context: CliContext,
): Promise<string | undefined> {
  return helpEnds.get(definition)?.(args, context)
}

/** Returns the citty command for a declaration. Its `run` returns the exit code and never throws what a user can cause. */
export function command<const F extends Flags>(spec: CommandSpec<F>): CommandDef {
  const name = `reprise ${spec.name}`
  const definition = defineCommand({
    meta: { name, description: spec.description },
    async run({ rawArgs, data }) {
      const context: unknown = data
      if (!(context instanceof CliContext)) throw new TypeError('a command runs in a CliContext')
      const parsed = parseCommandLine(rawArgs, spec)
      if (parsed.ok) return spec.execute(parsed.value, context)
      return usageError(context, spec.name, `${parsed.error}\nfor usage, run: ${name} --help`)
    },
  })
  teachings.set(definition, { ...spec, name })
  helpEnds.set(definition, async (args, context) => {
    const parsed = parseCommandLine(withoutHelp(args), spec)
    return parsed.ok ? spec.helpOn?.(parsed.value, context) : undefined
  })
  return definition
}

/** Declares a command that only holds others, loaded when they are called. */
export function commandGroup(group: {
  readonly name: string
  readonly description: string
  readonly examples: readonly Example[]
  readonly commands: Readonly<Record<string, () => Promise<CommandDef>>>
}): CommandDef {
  const { description, examples, commands } = group
  const name = group.name === '' ? 'reprise' : `reprise ${group.name}`
  const definition = defineCommand({ meta: { name, description }, subCommands: { ...commands } })
  teachings.set(definition, { name, description, examples, positionals: [], flags: {} })
  return definition
}
