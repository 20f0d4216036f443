import { parseArgs } from 'node:util'
import type { Result } from '../../../store/index.ts'
import { nearestName } from '../../core/failure/nearest.ts'
import type { Flag, Flags, FlagValues } from './flag.ts'
import { readFlagValue, valueTerm } from './flag.ts'

/** An argument that is not a flag. Only the last one of a command may be `many`. */
export interface Positional {
  readonly name: string
  readonly description: string
  readonly required?: boolean
  readonly many?: boolean
}

/** What a command declares of its command line. */
export interface CommandLine<F extends Flags> {
  readonly flags: F
  readonly positionals: readonly Positional[]
}

/** What a command line gives, checked against the declaration. */
export interface Given<F extends Flags> {
  readonly flags: FlagValues<F>
  readonly positionals: readonly string[]
}

/** Returns whether `args` ask for help. After `--`, `--help` is an argument like any other. */
export function asksForHelp(args: readonly string[]): boolean {
  return withoutHelp(args).length < args.length
}

/** Returns `args` without what asks for help. */
export function withoutHelp(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return args.filter((arg, index) => (end !== -1 && index >= end) || (arg !== '--help' && arg !== '-h'))
}

/**
 * Returns the flags and arguments in `args`, or the first mistake among them.
 * Strict where citty is lenient: it refuses an unknown flag, a flag without its value, and an extra argument.
 */
export function parseCommandLine<F extends Flags>(
  args: readonly string[],
  { flags, positionals }: CommandLine<F>,
): Result<Given<F>, string> {
  const reader = new FlagReader(flags)
  const given: string[] = []
  for (const token of tokenize(args, flags)) {
    if (token.kind === 'positional') given.push(token.value)
    else if (token.kind === 'option') {
      const mistake = reader.read(token, args[token.index] ?? token.rawName)
      if (mistake !== undefined) return { ok: false, error: mistake }
    }
  }
  const mistake = positionalMistake(given, positionals)
  if (mistake !== undefined) return { ok: false, error: mistake }
  return { ok: true, value: { flags: reader.values(), positionals: given } }
}

interface OptionToken {
  readonly kind: 'option'
  /** Which of the arguments it is, or is part of. */
  readonly index: number
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}
type Token =
  | OptionToken
  | { readonly kind: 'positional'; readonly value: string }
  | { readonly kind: 'option-terminator' }

function tokenize(args: readonly string[], flags: Flags): readonly Token[] {
  const options = Object.fromEntries(
    Object.entries(flags).flatMap(([name, { kind, letter, alias }]) => {
      const type = kind === 'switch' ? ('boolean' as const) : ('string' as const)
      return [
        [name, { type, ...(letter === undefined ? {} : { short: letter }) }],
        ...(alias === undefined ? [] : [[alias, { type }]]),
      ]
    }),
  )
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens
}

/** Collects flags one by one. */
class FlagReader<F extends Flags> {
  readonly #flags: F
  /** The names of flags by their earlier names. */
  readonly #names: ReadonlyMap<string, string>
  readonly #values: Record<string, boolean | string | number | undefined | readonly string[]>

  constructor(flags: F) {
    this.#flags = flags
    this.#names = new Map(
      Object.entries(flags).flatMap(([name, { alias }]) => (alias === undefined ? [] : [[alias, name]])),
    )
    this.#values = Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, absentValue(flag)]))
  }

  /** Reads one flag of an argument, or returns what is wrong with it. */
  read({ name: written, rawName, value, inlineValue }: OptionToken, argument: string): string | undefined {
    const name = this.#names.get(written) ?? written
    const flag = Object.hasOwn(this.#flags, name) ? this.#flags[name] : undefined
    if (flag === undefined) return unknownFlag(rawName, argument, this.#flags)
    if (flag.kind === 'switch') {
      if (value !== undefined) return `${rawName} takes no value, but got '${value}'`
      this.#values[name] = true
      return undefined
    }
    // An empty value is probably an unset variable of a script; as a path it would mean the current directory.
    if (value === undefined || value === '' || (inlineValue !== true && value.length > 1 && value.startsWith('-'))) {
      return `${rawName} needs a value: ${valueExample(rawName, flag)}`
    }
    const read = readFlagValue(flag, value)
    if (!read.ok) return `${rawName} takes ${read.error}, not '${value}'`
    const before = this.#values[name]
    this.#values[name] = flag.kind === 'texts' && Array.isArray(before) ? [...before, value] : read.value
    return undefined
  }

  values(): FlagValues<F> {
    // Each value was read according to the kind of its flag, and FlagValues derives its type from that kind.
    return this.#values as FlagValues<F>
  }
}

function absentValue(flag: Flag): false | undefined | readonly string[] {
  if (flag.kind === 'switch') return false
  return flag.kind === 'texts' ? [] : undefined
}

function valueExample(rawName: string, flag: Flag): string {
  return `${rawName}${rawName.startsWith('--') ? '=' : ' '}${valueTerm(flag)}`
}

function unknownFlag(rawName: string, argument: string, flags: Flags): string {
  // Letters in a row are rarely flags here, and often a file whose name begins with a dash.
  if (/^-[^-]./.test(argument))
    return `unknown flag '${rawName}' in '${argument}'; if that is a file, write './${argument}'`
  const names = [...Object.keys(flags), 'help']
  const near = rawName.startsWith('--') ? nearestName(rawName.slice(2), names) : undefined
  const hint =
    near === undefined ? ` (valid: ${names.map((name) => `--${name}`).join(', ')})` : `: did you mean '--${near}'?`
  return `unknown flag '${rawName}'${hint}`
}

function positionalMistake(given: readonly string[], positionals: readonly Positional[]): string | undefined {
  const missing = positionals[given.length]
  if (missing?.required === true) return `missing argument ${missing.name.toUpperCase()}: ${missing.description}`
  const superfluous = positionals.at(-1)?.many === true ? undefined : given[positionals.length]
  return superfluous === undefined ? undefined : `unexpected argument '${superfluous}'`
}
