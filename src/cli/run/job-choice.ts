import { existsSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import type { JsonObject, Result } from '../../../store/index.ts'
import { findPipeline, type Pipelines } from '../../config/pipelines.ts'
import {
  type AnyPipeline,
  describeFailure,
  type Failure,
  type Offers,
  safeFileName,
  unknownName,
} from '../../core/index.ts'
import { shellWord } from '../../report/text/shell-word.ts'
import { displayPath } from '../command-line/display-path.ts'
import { readNameValues, readParams } from '../command-line/name-value.ts'

/** What a job's own record says of it; the part that a command line is compared with. */
export interface RecordedJob {
  readonly pipeline: string
  readonly inputs: Readonly<Record<string, string>>
  readonly params: JsonObject
  readonly device: string
}

/** What of a command line says which job is meant. */
export interface JobWords {
  readonly pipelineName: string | undefined
  /** Paths in the order of the pipeline's inputs. */
  readonly paths: readonly string[]
  /** `name=path`, from --input. */
  readonly namedPaths: readonly string[]
  /** `name=value`, from -p. */
  readonly params: readonly string[]
  readonly jobDir: string | undefined
  readonly cwd: string
  /** The command that is given them, for what its messages tell to type; `run` by default. */
  readonly command?: string
}

/** A pipeline on inputs and params, in a directory. */
export interface JobChoice {
  readonly pipeline: AnyPipeline
  /** What the config offers to its steps. */
  readonly offers?: Offers
  /** Absolute paths. */
  readonly inputs: Readonly<Record<string, string>>
  readonly params: JsonObject
  readonly jobDir: string
  /** The device on which the job was run before. */
  readonly device?: string
}

export type ReadRecordedJob = (jobDir: string) => Promise<Result<RecordedJob, Failure>>

/**
 * Returns which job is meant: a pipeline with inputs, or what a job that exists was made of.
 * Where no input is named, a job's own inputs and params are taken, and the params given now come on top.
 */
export async function chooseJob(
  words: JobWords,
  pipelines: Pipelines,
  readJob: ReadRecordedJob,
): Promise<Result<JobChoice, string>> {
  const { pipelineName, cwd, command = 'run' } = words
  const jobDir = words.jobDir === undefined ? undefined : resolve(cwd, words.jobDir)
  const reading = jobDir === undefined ? undefined : await recordedJob(jobDir, readJob)
  const recorded = reading?.ok === true ? reading.value : undefined
  const name = pipelineName ?? recorded?.pipeline
  if (name === undefined) {
    return {
      ok: false,
      error: reading?.ok === false ? describeFailure(reading.error) : noPipeline(jobDir, cwd, command),
    }
  }
  if (recorded !== undefined && recorded.pipeline !== name) return { ok: false, error: otherPipeline(recorded, words) }
  const found = findPipeline(pipelines, name)
  if (!found.ok) return { ok: false, error: found.error + hintForFile(name, cwd, command) }
  const { pipeline, offers } = found.value
  const given = givenInputs(pipeline, words)
  if (!given.ok) return given
  const resumes = recorded !== undefined && Object.keys(given.value).length === 0
  const inputs = Object.fromEntries(
    Object.keys(pipeline.inputs).flatMap((input) => {
      const path = given.value[input] ?? recorded?.inputs[input]
      return path === undefined ? [] : [[input, path]]
    }),
  )
  const missing = Object.keys(pipeline.inputs).find((input) => inputs[input] === undefined)
  if (missing !== undefined) return { ok: false, error: missingInput(pipeline, missing, command) }
  const params = readParams(pipeline.params, words.params)
  if (!params.ok) return params
  return {
    ok: true,
    value: {
      pipeline,
      ...(offers === undefined ? {} : { offers }),
      inputs,
      params: { ...(resumes ? recorded.params : {}), ...params.value },
      jobDir: jobDir ?? (await defaultJobDir(pipeline, inputs, cwd, readJob)),
      ...(recorded === undefined ? {} : { device: recorded.device }),
    },
  }
}

async function recordedJob(
  jobDir: string,
  readJob: ReadRecordedJob,
): Promise<Result<RecordedJob, Failure> | undefined> {
  return existsSync(join(jobDir, 'job.json')) ? readJob(jobDir) : undefined
}

function noPipeline(jobDir: string | undefined, cwd: string, command: string): string {
  const call = `say which: 'reprise ${command} PIPELINE INPUT' ('reprise list' shows them)`
  if (jobDir === undefined) return `no pipeline is named: ${call}, or go on with a job: 'reprise ${command} --job DIR'`
  return `there is no job in ${displayPath(jobDir, cwd)} to go on with, and no pipeline is named: ${call}`
}

function otherPipeline(recorded: RecordedJob, { jobDir = '', pipelineName = '' }: JobWords): string {
  const dir = shellWord(jobDir)
  return (
    `${jobDir} is a job of the pipeline '${recorded.pipeline}', not of '${pipelineName}': ` +
    `choose another directory with --job, or go on with it: 'reprise run --job ${dir}'`
  )
}

function givenInputs(
  pipeline: AnyPipeline,
  { paths, namedPaths, cwd }: JobWords,
): Result<Readonly<Record<string, string>>, string> {
  const names = Object.keys(pipeline.inputs)
  const named = readNameValues('--input', namedPaths)
  if (!named.ok) return named
  const inputs: Record<string, string> = {}
  for (const [name, values] of named.value) {
    const [path = ''] = values
    if (!names.includes(name)) return { ok: false, error: unknownName(`input of '${pipeline.name}'`, name, names) }
    if (values.length > 1) return { ok: false, error: `the input '${name}' is given ${values.length} times` }
    inputs[name] = resolve(cwd, path)
  }
  const free = names.filter((name) => inputs[name] === undefined)
  for (const [index, path] of paths.entries()) {
    const name = free[index]
    if (name === undefined) {
      return { ok: false, error: `'${path}' is one input too many: '${pipeline.name}' takes ${inputsText(names)}` }
    }
    inputs[name] = resolve(cwd, path)
  }
  return { ok: true, value: inputs }
}

function inputsText(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `${names.length} (${names.join(', ')})`
}

/** Says what a name that is no pipeline's was, where it is a file's. */
function hintForFile(name: string, cwd: string, command: string): string {
  if (!existsSync(resolve(cwd, name))) return ''
  return `: it is a file, and the pipeline stands before it: reprise ${command} PIPELINE ${shellWord(name)}`
}

function missingInput(pipeline: AnyPipeline, missing: string, command: string): string {
  const usage = Object.keys(pipeline.inputs).map((name) => name.toUpperCase())
  return `the input '${missing}' is missing: reprise ${command} ${[pipeline.name, ...usage].join(' ')}`
}

/**
 * Returns `./PIPELINE-INPUT`, named after the first input's file. Where that is the job of other inputs, a number is
 * added, so that two films of one name never share a directory.
 */
async function defaultJobDir(
  pipeline: AnyPipeline,
  inputs: Readonly<Record<string, string>>,
  cwd: string,
  readJob: ReadRecordedJob,
): Promise<string> {
  const [first] = Object.keys(pipeline.inputs)
  const path = first === undefined ? undefined : inputs[first]
  const stem = path === undefined ? '' : `-${basename(path, extname(path))}`
  const base = join(cwd, safeFileName(`${pipeline.name}${stem}`))
  for (let number = 1; ; number++) {
    const dir = number === 1 ? base : `${base}-${number}`
    const reading = await recordedJob(dir, readJob)
    if (reading?.ok !== true) return dir
    const { value: recorded } = reading
    if (recorded.pipeline === pipeline.name && sameTexts(recorded.inputs, inputs)) return dir
  }
}

function sameTexts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}
