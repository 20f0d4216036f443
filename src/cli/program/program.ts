import { type CommandDef, runCommand } from 'citty'
import packageJson from '../../../package.json' with { type: 'json' }
import type { Result } from '../../../store/index.ts'
import { exitCodes } from '../../core/failure/failure.ts'
import { nearestName } from '../../core/failure/nearest.ts'
import { printableLines } from '../../report/text/printable.ts'
import { styleFor } from '../../report/text/style.ts'
import { type CliContext, textWidth } from '../command-line/cli-context.ts'
import { helpEndOf, teachingOf } from '../command-line/command.ts'
import { asksForHelp } from '../command-line/command-line.ts'
import { usageError } from '../command-line/error-line.ts'
import { rootCommand } from './commands.ts'

export { processContext } from '../command-line/cli-context.ts'

/** Runs a command line and returns the exit code. An exception that gets here is a bug, and is reported as one. */
export async function main(args: readonly string[], context: CliContext): Promise<number> {
  try {
    return await dispatch(args, context)
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const lines = [
      'reprise: internal error; this is a bug in reprise or in the code of a pipeline. Please report it with these lines:',
      ...printableLines(text),
    ]
    context.stderr.write(`${lines.join('\n')}\n`)
    return exitCodes.stepFailed
  }
}

async function dispatch(args: readonly string[], context: CliContext): Promise<number> {
  if (args[0] === '--version' || args[0] === '-V') {
    context.stdout.write(`${packageJson.version}\n`)
    return exitCodes.ok
  }
  const found = await findCommand(args[0] === 'help' ? [...args.slice(1), '--help'] : args)
  if (!found.ok) return usageError(context, '', found.error)
  const { definition, rest } = found.value
  if (definition.run === undefined || asksForHelp(rest)) {
    context.stdout.write(await helpOf(definition, context))
    const end = await helpEndOf(definition, rest, context)
    if (end !== undefined) context.stdout.write(`\n${end}`)
    return exitCodes.ok
  }
  const { result } = await runCommand(definition, { rawArgs: [...rest], data: context })
  return typeof result === 'number' ? result : exitCodes.ok
}

async function helpOf(definition: CommandDef, { stdout, env }: CliContext): Promise<string> {
  const { helpText } = await import('../command-line/help.ts')
  const within = Object.entries((await resolved(definition.subCommands)) ?? {})
  const commands = await Promise.all(
    within.map(async ([name, command]) => {
      const { description } = teachingOf(await resolved<CommandDef>(command))
      return { name, description }
    }),
  )
  return helpText(teachingOf(definition), {
    commands,
    width: textWidth(stdout),
    style: styleFor(stdout.isTerminal, env),
  })
}

interface FoundCommand {
  readonly definition: CommandDef
  readonly rest: readonly string[]
}

/** Finds the command that the first arguments name; loads only the groups on the way. */
async function findCommand(args: readonly string[]): Promise<Result<FoundCommand, string>> {
  let definition = rootCommand
  let rest = args
  const trail: string[] = ['reprise']
  for (;;) {
    const commands = await resolved(definition.subCommands)
    const [name] = rest
    if (commands === undefined || name === undefined || name === '--help' || name === '-h') break
    const next = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (next === undefined) return { ok: false, error: unknownCommand(name, Object.keys(commands), trail.join(' ')) }
    trail.push(name)
    definition = await resolved<CommandDef>(next)
    rest = rest.slice(1)
  }
  return { ok: true, value: { definition, rest } }
}

type Resolvable<Value> = Value | Promise<Value> | (() => Value) | (() => Promise<Value>)

function isThunk<Value>(value: Resolvable<Value>): value is (() => Value) | (() => Promise<Value>) {
  return typeof value === 'function'
}

async function resolved<Value>(value: Resolvable<Value>): Promise<Value> {
  return isThunk(value) ? value() : value
}

function unknownCommand(name: string, names: readonly string[], program: string): string {
  if (name.startsWith('-'))
    return `unknown flag '${name}'; flags come after the command (for usage, run: ${program} --help)`
  const near = nearestName(name, names)
  const hint = near === undefined ? '' : `: did you mean '${program} ${near}'?`
  return `unknown command '${name}'${hint} (valid: ${names.join(', ')})`
}
