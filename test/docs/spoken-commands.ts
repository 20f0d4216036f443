import type { CommandDef } from 'citty'
import { teachingOf } from '../../src/cli/command-line/command.ts'
import { parseCommandLine } from '../../src/cli/command-line/command-line.ts'
import { readParams } from '../../src/cli/command-line/name-value.ts'
import { rootCommand } from '../../src/cli/program/commands.ts'
import { checkPipelineParams } from '../../src/core/declare/params.ts'
import type { AnyPipeline } from '../../src/core/declare/pipeline.ts'
import { isRecord } from '../../src/core/failure/json-value.ts'
import { shippedPipelines } from '../../stages/pipelines.ts'
import type { Block } from './page.ts'

/** Returns the commands of Reprise in a block that is not run, each as its words. */
export function spokenCommands({ language, lines }: Block): readonly (readonly string[])[] {
  const texts = language === 'console' ? lines.flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : [])) : lines
  return texts
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*/, '').split(/\s*(?:&&|;|\|)\s+/))
    .map((line) => wordsOf(line.trim()))
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_0-9]+=/.test(word))))
    .flatMap(([program, ...words]) => (program === 'reprise' ? [words] : []))
}

/** Splits a line as a shell does; a redirection ends the words. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  const end = words.findIndex((word) => /^\d?[<>]/.test(word))
  return words.slice(0, end === -1 ? undefined : end).map((word) => word.replaceAll(/['"]/g, ''))
}

/** Returns what is wrong with a command: no such command, flag, input or param, or no such value of one. */
export async function mistakeOf(words: readonly string[]): Promise<string | undefined> {
  let definition: CommandDef = rootCommand
  let at = 0
  for (; ; at++) {
    const below: unknown = definition.subCommands
    if (!isRecord(below)) break
    const load = below[words[at] ?? '']
    if (typeof load !== 'function') return `there is no command '${words.slice(0, at + 1).join(' ')}'`
    // Each subcommand is declared as a function that loads its definition.
    definition = (await load()) as CommandDef
  }
  const parsed = parseCommandLine(words.slice(at), teachingOf(definition))
  if (!parsed.ok) return parsed.error
  const { flags, positionals } = parsed.value
  const name = teachingOf(definition).name === 'reprise run' ? positionals[0] : undefined
  const load = name === undefined ? undefined : shippedPipelines.get(name)
  if (load === undefined) return undefined
  const pipeline = await load()
  const params = readParams(pipeline.params, listOf(flags.param))
  if (!params.ok) return params.error
  const checked = checkPipelineParams(pipeline.params, params.value)
  return checked.ok
    ? unknownInput(listOf(flags.input), pipeline)
    : checked.error.map(({ message }) => message).join('; ')
}

function unknownInput(given: readonly string[], { inputs }: AnyPipeline): string | undefined {
  const unknown = given.map((text) => text.split('=')[0] ?? '').find((name) => !Object.hasOwn(inputs, name))
  return unknown === undefined ? undefined : `there is no input '${unknown}'`
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
