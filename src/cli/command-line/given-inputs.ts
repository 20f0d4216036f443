import { resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { type AnyPipeline, isGathered, normalInput, unknownName } from '../../core/index.ts'
import { countText } from '../../report/text/amounts.ts'
import { readNameValues } from './name-value.ts'

/** Paths by the names of a pipeline's inputs: a list for one that takes several. */
export type GivenInputs = Readonly<Record<string, string | readonly string[]>>

/** The path of an input that a command line takes from a job: `--input beats=`. */
export const leftOut = ''

/** The part of a command line that names inputs. */
export interface InputWords {
  /** Paths in the order of the pipeline's inputs. */
  readonly paths: readonly string[]
  /** `name=path`, from --input. */
  readonly namedPaths: readonly string[]
  readonly cwd: string
}

/**
 * Returns the inputs that a command line gives. Paths without a name go to the inputs in their order: what may be left
 * out gets one that the others leave, and what takes several gets all of those.
 */
export function givenInputs(pipeline: AnyPipeline, words: InputWords): Result<GivenInputs, string> {
  const named = namedInputs(pipeline, words)
  if (!named.ok) return named
  const inputs: Record<string, string | readonly string[]> = { ...named.value }
  const free = Object.entries(pipeline.inputs)
    .map(([name, declaration]) => ({ name, arity: normalInput(declaration).arity }))
    .filter(({ name }) => inputs[name] === undefined)
  const hasList = free.some(({ arity }) => isGathered(arity))
  const paths = words.paths.map((path) => resolve(words.cwd, path))
  let left = paths.length - free.filter(({ arity }) => arity === 'one').length
  let at = 0
  for (const { name, arity } of free) {
    const isList = isGathered(arity)
    const most = isList ? left : hasList ? 0 : Math.min(left, 1)
    const count = arity === 'one' ? 1 : Math.max(0, most)
    if (arity !== 'one') left -= count
    const [first, ...more] = paths.slice(at, at + count)
    at += count
    if (first !== undefined) inputs[name] = isList ? [first, ...more] : first
  }
  const extra = words.paths[at]
  if (extra === undefined) return { ok: true, value: inputs }
  const error = `unexpected input '${extra}': the pipeline '${pipeline.name}' takes ${inputsText(Object.keys(pipeline.inputs))}`
  return { ok: false, error }
}

function namedInputs(pipeline: AnyPipeline, { namedPaths, cwd }: InputWords): Result<GivenInputs, string> {
  const named = readNameValues('--input', namedPaths)
  if (!named.ok) return named
  const inputs: Record<string, string | readonly string[]> = {}
  for (const [name, values] of named.value) {
    const declaration = Object.hasOwn(pipeline.inputs, name) ? pipeline.inputs[name] : undefined
    if (declaration === undefined) return { ok: false, error: unknownName('input', name, Object.keys(pipeline.inputs)) }
    const { arity } = normalInput(declaration)
    if (values.includes('') && (arity !== 'optional' || values.length > 1))
      return { ok: false, error: `the input '${name}' is given no path` }
    const paths = values.map((path) => (path === '' ? leftOut : resolve(cwd, path)))
    const [only = leftOut, ...more] = paths
    if (isGathered(arity)) inputs[name] = paths
    else if (more.length === 0) inputs[name] = only
    else return { ok: false, error: `the input '${name}' is given ${values.length} times; give it once` }
  }
  return { ok: true, value: inputs }
}

function inputsText(names: readonly string[]): string {
  if (names.length === 0) return 'no inputs'
  return `${countText(names.length, 'input')} (${names.join(', ')})`
}

/** Returns the first input that a pipeline needs and is not given. */
export function missingInput(pipeline: AnyPipeline, inputs: GivenInputs): string | undefined {
  return Object.entries(pipeline.inputs).find(
    ([name, declaration]) => inputs[name] === undefined && normalInput(declaration).arity !== 'optional',
  )?.[0]
}

/** Returns the inputs of a pipeline as a usage line has them: `SONG [LRC] RIG`, `TAKES...`. */
export function inputsUsage(pipeline: AnyPipeline): string {
  return Object.entries(pipeline.inputs)
    .map(([name, declaration]) => {
      const { arity } = normalInput(declaration)
      const word = name.toUpperCase()
      return arity === 'optional' ? `[${word}]` : isGathered(arity) ? `${word}...` : word
    })
    .join(' ')
}

/** Returns whether two jobs have the same inputs. */
export function sameInputs(a: GivenInputs, b: GivenInputs): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  const listed = (paths: string | readonly string[] | undefined) => JSON.stringify([paths ?? []].flat())
  return [...names].every((name) => listed(a[name]) === listed(b[name]))
}
