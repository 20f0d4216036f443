import { existsSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import type { JsonObject, Result } from '../../../store/index.ts'
import { whereConfigsAre } from '../../config/config-loader.ts'
import { findPipeline, loadPipelines, type PipelineSearch, type Pipelines } from '../../config/pipelines.ts'
import { type AnyPipeline, type Failure, failureMessage, type Offers, safeFileName } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { displayPath } from '../command-line/display-path.ts'
import {
  type GivenInputs,
  givenInputs,
  inputsUsage,
  leftOut,
  missingInput,
  sameInputs,
} from '../command-line/given-inputs.ts'
import { readParams } from '../command-line/name-value.ts'
import { noCorrections } from './no-corrections.ts'

/** What a job's own record says; the part that a command line is compared with. */
export interface RecordedJob {
  readonly pipeline: string
  readonly inputs: GivenInputs
  readonly params: JsonObject
  readonly device: string
  readonly config?: string
}

/** The part of a command line that names a job. */
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
  /** The command, for the command lines in its messages; `run` by default. */
  readonly command?: string
}

/** A pipeline with its inputs and params, in a job directory. */
export interface JobChoice {
  readonly pipeline: AnyPipeline
  /** What the config offers to its steps. */
  readonly offers?: Offers
  /** The config that defines it, or offers something to its steps. */
  readonly config?: string
  /** Absolute paths. */
  readonly inputs: GivenInputs
  readonly params: JsonObject
  readonly jobDir: string
  /** The device on which the job was run before. */
  readonly device?: string
}

export type ReadRecordedJob = (jobDir: string) => Promise<Result<RecordedJob, Failure>>

/**
 * Returns the job of a command line: a pipeline with inputs, or an existing job with its own.
 * A command line with the name of a pipeline and inputs says everything: it keeps nothing of what the job had. Any other
 * keeps the job's inputs and params, but for those that it gives.
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
      error: reading?.ok === false ? failureMessage(reading.error) : noPipeline(jobDir, cwd, command),
    }
  }
  if (recorded !== undefined && recorded.pipeline !== name) return { ok: false, error: otherPipeline(recorded, words) }
  const found = findPipeline(pipelines, name)
  if (!found.ok)
    return {
      ok: false,
      error: found.error + (hintForFile(name, cwd, command) || hintForConfig(pipelines, cwd, recorded?.config)),
    }
  const { pipeline, offers, configPath, offeredBy } = found.value
  const config = configPath ?? offeredBy
  const given = givenInputs(pipeline, words)
  if (!given.ok) return given
  const changes = pipelineName === undefined && words.paths.length === 0
  const resumes = recorded !== undefined && (changes || Object.keys(given.value).length === 0)
  const inputs = Object.fromEntries(
    Object.keys(pipeline.inputs).flatMap((input) => {
      const path = given.value[input] ?? (resumes ? recorded.inputs[input] : undefined)
      return path === undefined || path === leftOut ? [] : [[input, path]]
    }),
  )
  const missing = missingInput(pipeline, inputs)
  if (missing !== undefined) {
    const usage = [pipeline.name, inputsUsage(pipeline)].join(' ')
    const keep = recorded === undefined ? '' : `, or, to keep what the job has, without '${pipeline.name}'`
    return { ok: false, error: `missing input '${missing}'; usage: reprise ${command} ${usage}${keep}` }
  }
  const params = readParams(pipeline.params, words.params)
  if (!params.ok) return params
  const placeOf = async (of: GivenInputs) => jobDir ?? (await defaultJobDir(pipeline, of, cwd, readJob))
  const foreign = await noCorrections(pipeline, inputs, cwd, placeOf)
  if (foreign !== undefined) return { ok: false, error: foreign }
  return {
    ok: true,
    value: {
      pipeline,
      ...(offers === undefined ? {} : { offers }),
      ...(config === undefined ? {} : { config }),
      inputs,
      params: { ...(resumes ? recorded.params : {}), ...params.value },
      jobDir: await placeOf(inputs),
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
  const call = `name one: reprise ${command} PIPELINE INPUT ('reprise list' shows all pipelines)`
  if (jobDir === undefined) return `no pipeline given; ${call}, or resume a job: reprise ${command} --job DIR`
  return `no job in ${displayPath(jobDir, cwd)} and no pipeline given; ${call}`
}

function otherPipeline(recorded: RecordedJob, { jobDir = '', pipelineName = '' }: JobWords): string {
  const dir = shellWord(jobDir)
  return (
    `${jobDir} is a job of the pipeline '${recorded.pipeline}', not of '${pipelineName}'; ` +
    `choose another directory with --job, or resume it with: reprise run --job ${dir}`
  )
}

/** Returns a hint where the name of a pipeline is the name of a file. */
function hintForFile(name: string, cwd: string, command: string): string {
  if (!existsSync(resolve(cwd, name))) return ''
  return `; '${name}' is a file, so name the pipeline before it: reprise ${command} PIPELINE ${shellWord(name)}`
}

/** Returns a hint that says which config was loaded, or where one was looked for. */
function hintForConfig({ configPath }: Pipelines, cwd: string, recorded: string | undefined): string {
  if (recorded !== undefined && recorded !== configPath && !existsSync(recorded))
    return `; the config of this job, ${recorded}, no longer exists: name the one that defines the pipeline with --config`
  if (configPath !== undefined) return `; your own pipelines were loaded from ${configPath}`
  return `; pipelines of your own come from a config, and ${whereConfigsAre(cwd)}`
}

/**
 * Returns `./PIPELINE-INPUT`, named after the file of the first input. If that job has other inputs, a number is
 * added, so that two films of the same name never share a directory.
 */
async function defaultJobDir(
  pipeline: AnyPipeline,
  inputs: GivenInputs,
  cwd: string,
  readJob: ReadRecordedJob,
): Promise<string> {
  const [path] = Object.keys(pipeline.inputs).flatMap((input) => inputs[input] ?? [])
  const stem = path === undefined ? '' : `-${basename(path, extname(path))}`
  const base = join(cwd, safeFileName(`${pipeline.name}${stem}`))
  for (let number = 1; ; number++) {
    const dir = number === 1 ? base : `${base}-${number}`
    const reading = await recordedJob(dir, readJob)
    if (reading?.ok !== true) return dir
    const { value: recorded } = reading
    if (recorded.pipeline === pipeline.name && sameInputs(recorded.inputs, inputs)) return dir
  }
}

/** What a command line says of where pipelines are. */
export interface PipelinePlaces extends Omit<PipelineSearch, 'jobConfig'> {
  readonly config: string | undefined
  /** The job that is meant, as it was written. */
  readonly job: string | undefined
}

/** Returns the pipelines for a job: those that ship, and those of the config that is named, remembered or nearest. */
export async function loadPipelinesFor(
  { config, job, ...search }: PipelinePlaces,
  { cwd }: Pick<CliContext, 'cwd'>,
): Promise<Result<Pipelines, string>> {
  if (job === undefined || config !== undefined) return loadPipelines(cwd, config, search)
  const { readJob } = await import('../../engine/index.ts')
  const recorded = await readJob(resolve(cwd, job))
  return loadPipelines(cwd, config, { ...search, jobConfig: recorded.ok ? recorded.value.config : undefined })
}
