import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, statSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  type AnyStage,
  type AskOptions,
  checkParams,
  type ExecOptions,
  type ExecResult,
  type InputDeclarations,
  normalInput,
  normalOutput,
  type OutputDeclarations,
  outputPath,
  type StageContext,
  StageFailure,
  type Tool,
  toolsOf,
  violatedContract,
} from '../../src/core/index.ts'

export interface StageRequest {
  /** A path for a file or a tree, the value for JSON. */
  readonly inputs: Readonly<Record<string, unknown>>
  readonly params?: object
  /** Where the stage's directories are made. */
  readonly dir: string
}

/** What a stage did, run by itself, without an engine or a store. */
export interface StageRun {
  /** Absolute paths of the files and trees, by output. */
  readonly paths: Readonly<Record<string, string>>
  /** The JSON outputs, by output. */
  readonly values: Readonly<Record<string, unknown>>
  readonly log: readonly string[]
  readonly warnings: readonly string[]
  readonly progress: readonly number[]
  /** The arguments of each tool that the stage started. */
  readonly started: readonly (readonly string[])[]
}

/** Runs one stage with its real tools; rejects with its failure. */
export async function runStage(stage: AnyStage, { inputs, params = {}, dir }: StageRequest): Promise<StageRun> {
  const root = mkdtempSync(join(dir, `${stage.name}-`))
  const [inDir, outDir, tempDir] = [join(root, 'in'), join(root, 'out'), join(root, 'tmp')]
  for (const made of [inDir, outDir, tempDir]) mkdirSync(made)
  const checked = checkParams(stage.name, stage.params, params)
  if (!checked.ok) throw new Error(checked.error.map(({ where, message }) => `${where}: ${message}`).join('\n'))
  const outputs = Object.entries(stage.outputs).map(([name, given]) => [name, normalOutput(given)] as const)
  const paths = Object.fromEntries(
    outputs.flatMap(([name, given]) => (given.kind === 'json' ? [] : [[name, join(outDir, outputPath(name, given))]])),
  )
  const log: string[] = []
  const warnings: string[] = []
  const progress: number[] = []
  const started: (readonly string[])[] = []
  const tools = toolsOf(stage, checked.value)
  const context: StageContext<InputDeclarations, object, OutputDeclarations> = {
    inputs: seenInputs(stage, inputs, inDir),
    params: checked.value,
    outputs: paths,
    tempDir,
    device: 'cpu',
    gpus: [],
    cpus: 1,
    take: 1,
    env: {},
    services: {},
    signal: new AbortController().signal,
    exec: (tool, args, options = {}) => {
      if (!tools.some(({ name }) => name === tool.name)) throw new Error(`${tool.name} is not declared`)
      started.push(args)
      return runTool({ tool, args, options, cwd: outDir, step: stage.name })
    },
    ask: (tool, args, question, options = {}) => {
      if (!tools.some(({ name }) => name === tool.name)) throw new Error(`${tool.name} is not declared`)
      return askTool({ tool, args, question, options })
    },
    inThread: (name) => Promise.reject(new Error(`no thread for ${name} here`)),
    progress: (fraction) => void progress.push(fraction),
    log: (line) => void log.push(line),
    warn: (line) => void warnings.push(line),
    fail: (message, options) => {
      throw new StageFailure({ kind: 'stage-failed', step: stage.name, message, ...options })
    },
    outOfMemory: (message = 'the stage says so') => {
      throw new StageFailure({ kind: 'device-out-of-memory', step: stage.name, device: 'cpu', message })
    },
  }
  const values: unknown = await stage.run(context)
  const made = typeof values === 'object' ? { ...values } : {}
  const violated = await violatedContract(stage.name, stage, { ...context, outputs: { ...paths, ...made } })
  if (violated !== undefined) throw new StageFailure(violated)
  return { paths, values: made, log, warnings, progress, started }
}

function seenInputs(stage: AnyStage, inputs: StageRequest['inputs'], inDir: string): Record<string, unknown> {
  const seen: Record<string, unknown> = { ...inputs }
  for (const [name, given] of Object.entries(stage.inputs)) {
    const { kind, path = name } = normalInput(given)
    const target = inputs[name]
    if (kind === 'json' || typeof target !== 'string') continue
    const link = join(inDir, path)
    symlinkSync(target, link)
    seen[name] = link
  }
  return seen
}

interface ToolRun {
  readonly tool: Tool
  readonly args: readonly string[]
  readonly options: ExecOptions
  readonly cwd: string
  readonly step: string
}

interface Told {
  readonly result: ExecResult
  readonly lines: readonly string[]
}

/** What media tools told of themselves and of files. To ask again takes a tenth of a second, more than most of their work here. */
const told = new Map<string, Told>()

/** Runs a tool; what it tells of itself, or of a file that has not changed, is asked once. */
async function runTool(run: ToolRun): Promise<ExecResult> {
  const question = questionOf(run)
  if (question === undefined) return await startTool(run)
  const { onStdoutLine } = run.options
  const known = told.get(question)
  if (known !== undefined) {
    for (const line of known.lines) onStdoutLine?.(line)
    return known.result
  }
  const lines: string[] = []
  const noted = (line: string) => {
    lines.push(line)
    onStdoutLine?.(line)
  }
  const result = await startTool(
    onStdoutLine === undefined ? run : { ...run, options: { ...run.options, onStdoutLine: noted } },
  )
  if (result.exitCode === 0) told.set(question, { result, lines })
  return result
}

/** Names a question to ffmpeg or ffprobe and the state of the file that it is about; undefined for all other work. */
function questionOf({ tool, args, options }: ToolRun): string | undefined {
  const [asked, about = ''] = [args.slice(0, -1), args.at(-1)]
  if (options.onStderrLine !== undefined) return undefined
  const words = [process.env.PATH, tool.command, options.onStdoutLine !== undefined, ...asked]
  if (tool.name === 'ffmpeg' && about === '-codecs') return words.join('\n')
  const file = about.replace(/^file:/, '')
  const isOfFile = asked.includes('-show_format') || asked.includes('-show_entries')
  if (tool.name !== 'ffprobe' || !isOfFile || !existsSync(file)) return undefined
  const { ino, size, mtimeNs } = statSync(file, { bigint: true })
  return [...words, basename(file), ino, size, mtimeNs].join('\n')
}

async function startTool({ tool, args, options, cwd, step }: ToolRun): Promise<ExecResult> {
  const child = spawn(tool.command, args, { cwd, stdio: 'pipe' })
  child.stdin.end(options.stdin)
  let stdout = ''
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line)
    options.onStderrLine?.(line)
  })
  if (options.onStdoutLine === undefined)
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += String(text)))
  else createInterface({ input: child.stdout }).on('line', options.onStdoutLine)
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const stderrTail = errors.slice(-8).join('\n')
  if (exitCode !== null && (options.okExitCodes ?? [0]).includes(exitCode)) return { exitCode, stdout, stderrTail }
  throw new StageFailure({ kind: 'stage-exited', step, tool: tool.name, exitCode, signal: null, stderrTail })
}

interface ToolQuestion extends Pick<ToolRun, 'tool' | 'args'> {
  readonly question: unknown
  readonly options: AskOptions
}

/** Starts a program for one question. */
async function askTool({ tool, args, question, options }: ToolQuestion): Promise<unknown> {
  const child = spawn(tool.command, args, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    for await (const line of createInterface({ input: child.stdout })) {
      const said: unknown = JSON.parse(line)
      if (typeof said === 'object' && said !== null && 'answer' in said) return said.answer
      if (typeof said === 'object' && said !== null && 'error' in said) throw new Error(String(said.error))
      options.onStdoutLine?.(line)
    }
    throw new Error(`${tool.name} ended without an answer`)
  } finally {
    child.kill('SIGKILL')
  }
}
