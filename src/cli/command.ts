import { stripVTControlCharacters } from 'node:util'
import { type ArgsDef, type CommandDef, defineCommand, renderUsage } from 'citty'
import { exitCodes } from '../core/failure.ts'
import { type CommandLine, type Given, parseCommandLine } from './command-line.ts'
import { complain } from './complaint.ts'
import type { Flag, Flags } from './flag.ts'
import { Surroundings } from './surroundings.ts'

/** A line to copy, and what it does. */
export interface Example {
  readonly line: string
  readonly does: string
}

/** A command as its file declares it. */
export interface CommandSpec<F extends Flags> extends CommandLine<F> {
  /** As it is typed, without the program's name: `cache gc`. */
  readonly name: string
  readonly description: string
  readonly examples: readonly [Example, ...Example[]]
  /** Paragraphs for `--help`, below the flags. */
  readonly notes?: string
  /** Does the work and returns the exit code. */
  execute(given: Given<F>, surroundings: Surroundings): Promise<number>
}

/** What `--help` needs of a command beyond what citty's own definition holds. */
interface Teaching {
  readonly usageArgs: ArgsDef
  readonly examples: readonly Example[]
  readonly notes?: string
}

const teachings = new WeakMap<object, Teaching>()

/** Returns the citty command for a declaration. Its `run` returns the exit code and never throws what a user can cause. */
export function command<const F extends Flags>(spec: CommandSpec<F>): CommandDef {
  const definition = defineCommand({
    meta: { name: `reprise ${spec.name}`, description: spec.description },
    args: cittyArgs(spec, 'lenient'),
    async run({ rawArgs, data }) {
      const surroundings: unknown = data
      if (!(surroundings instanceof Surroundings)) throw new TypeError('a command runs in surroundings')
      const parsed = parseCommandLine(rawArgs, spec)
      if (parsed.ok) return spec.execute(parsed.value, surroundings)
      complain(surroundings, spec.name, `${parsed.error}\nsee 'reprise ${spec.name} --help'`)
      return exitCodes.usage
    },
  })
  const { examples, notes } = spec
  teachings.set(definition, {
    usageArgs: cittyArgs(spec, 'strict'),
    examples,
    ...(notes === undefined ? {} : { notes }),
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
  const name = group.name === '' ? 'reprise' : `reprise ${group.name}`
  const definition = defineCommand({
    meta: { name, description: group.description },
    subCommands: { ...group.commands },
  })
  teachings.set(definition, { usageArgs: {}, examples: group.examples })
  return definition
}

/** Returns what `--help` prints: citty's usage, then notes and examples; in colour only where `colour` says so. */
export async function helpText(definition: CommandDef, colour: boolean): Promise<string> {
  const teaching = teachings.get(definition)
  const usage = await renderUsage(teaching === undefined ? definition : { ...definition, args: teaching.usageArgs })
  const lines = usage.split('\n').map((line) => line.trimEnd())
  if (teaching?.notes !== undefined) lines.push('', teaching.notes)
  if (teaching !== undefined && teaching.examples.length > 0) {
    lines.push('', 'EXAMPLES', '')
    for (const { line, does } of teaching.examples) lines.push(`  ${line}`, `      ${does}`)
  }
  const text = `${lines.join('\n')}\n`
  return colour ? text : stripVTControlCharacters(text)
}

/**
 * Returns a command line's declaration in citty's words. `lenient` marks no argument as required: citty would throw
 * for a missing one before `run` can answer.
 */
function cittyArgs({ flags, positionals }: CommandLine<Flags>, mode: 'lenient' | 'strict'): ArgsDef {
  const args: ArgsDef = {}
  for (const { name, description, required, many } of positionals) {
    args[many === true ? `${name}...` : name] = {
      type: 'positional',
      description,
      required: mode === 'strict' && required === true,
    }
  }
  for (const [name, flag] of Object.entries(flags)) args[name] = cittyFlag(flag)
  return args
}

function cittyFlag(flag: Flag): ArgsDef[string] {
  const base = { description: flag.description, ...(flag.letter === undefined ? {} : { alias: flag.letter }) }
  if (flag.kind === 'switch') return { ...base, type: 'boolean' }
  const value = flag.value ?? (flag.kind === 'choice' ? flag.choices.join('|') : undefined)
  // Not citty's enum: it throws for a value outside, where a command answers.
  return { ...base, type: 'string', ...(value === undefined ? {} : { valueHint: value }) }
}
