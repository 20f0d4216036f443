import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { basename, delimiter, dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject, JsonValue, LocalStore, Result } from '../../../store/index.ts'
import { artifactOfPath, digestText, stampText } from '../../../store/index.ts'
import {
  describeInstall,
  type Failure,
  isObject,
  type ModelFile,
  type Tool,
  type ToolIdentity,
} from '../../core/index.ts'
import { ProcessSupervisor } from '../process/process.ts'
import { SpawnError } from '../process/program.ts'
import type { Cancellation } from '../system/cancellation.ts'
import { isDispatching } from './dispatching-programs.ts'
import { baseEnvironment } from './environment.ts'

/** A tool on this machine: where its program is, and its identity in the key. */
export interface ProbedTool {
  readonly path: string
  readonly identity: ToolIdentity
  /** Why its version is unknown, so that a result must not be kept. */
  readonly doubt?: string
  /** Whether it runs another program, and is therefore asked for its version in each run. */
  readonly isAskedAnew?: true
}

/**
 * Finds tools, their versions and their models. A program is asked once for as long as its stat stays the same, and
 * looked at once by each probe; so is a model. One that runs another program is asked by each probe, from the folder
 * where steps run it.
 */
export class ToolProbe {
  readonly #store: LocalStore | undefined
  readonly #cancellation: Cancellation
  readonly #folder: string
  readonly #probed = new Map<string, Promise<Result<ProbedTool, Failure>>>()
  readonly #modelDigests = new Map<string, Promise<string | undefined>>()

  /** A probe that is cancelled rejects with the signal's reason. */
  constructor(
    store?: LocalStore,
    { jobDir = process.cwd(), ...cancellation }: Cancellation & { jobDir?: string } = {},
  ) {
    this.#store = store
    this.#folder = existingFolder(jobDir)
    this.#cancellation = cancellation
  }

  /** Returns the tool on this machine, or why it is unusable and how to install it. */
  probe(tool: Tool): Promise<Result<ProbedTool, Failure>> {
    // Two steps may run one program with different models, so the name alone does not identify a tool.
    const { name, command, version, models = [] } = tool
    const key = JSON.stringify([name, command, version.args, models.map((model) => [model.name, model.path])])
    const known = this.#probed.get(key)
    if (known !== undefined) return known
    const probing = this.#probe(tool)
    this.#probed.set(key, probing)
    return probing
  }

  async #probe(tool: Tool): Promise<Result<ProbedTool, Failure>> {
    const path = findProgram(tool.command)
    if (path === undefined)
      return missing(tool, `${tool.name} is required, but there is no program '${tool.command}' on PATH`)
    const version = await this.#version(tool, path)
    if (version === 'unstartable') return missing(tool, `${path} cannot be started`)
    const models = await this.#models(tool)
    if (!models.ok) return models
    const modelsPart = models.value === undefined ? {} : { models: models.value }
    const anewPart = isDispatching(path, tool.version.args) ? ({ isAskedAnew: true } as const) : {}
    if (version === undefined) {
      const doubt = `${path} does not report its version`
      return {
        ok: true,
        value: { path, identity: { name: tool.name, version: null, ...modelsPart }, doubt, ...anewPart },
      }
    }
    return {
      ok: true,
      value: { path, identity: { name: tool.name, version: version.text, ...modelsPart }, ...anewPart },
    }
  }

  async #version(tool: Tool, path: string): Promise<{ readonly text: string } | 'unstartable' | undefined> {
    // By name, too: functions made by one function have the same source.
    const memo = `tool ${tool.name} says ${path} ${tool.version.args.join(' ')}`
    const stamp = programStamp(path)
    const reader = String(tool.version.parse)
    const remembered = this.#store?.ledger.memos.get(memo)
    const isAnew = isDispatching(path, tool.version.args)
    const isKnown = !isAnew && isPrintedMemo(remembered) && remembered.stamp === stamp
    const known = isKnown ? remembered : undefined
    if (known?.reader === reader) return { text: known.version }
    const where = isAnew ? { ...this.#cancellation, cwd: this.#folder } : this.#cancellation
    const printed = known?.printed ?? (await askProgram(path, tool.version.args, where))
    if (printed === undefined) return 'unstartable'
    const version = tool.version.parse(printed)
    if (version === undefined) return undefined
    if (isAnew) return { text: version }
    this.#store?.ledger.memos.set(memo, { stamp, printed, reader, version })
    return { text: version }
  }

  async #models(tool: Tool): Promise<Result<Record<string, string> | undefined, Failure>> {
    const files = [...scriptsOf(tool), ...(tool.models ?? [])]
    if (files.length === 0) return { ok: true, value: undefined }
    const digests: Record<string, string> = {}
    for (const { name, path } of files) {
      if (!exists(path)) return missing(tool, `${tool.name} lacks ${name} (${path})`)
      if (this.#store === undefined) continue
      const digest = await this.#modelDigest(this.#store, path)
      if (digest === undefined) return missing(tool, `${tool.name} cannot read ${name} (${path})`)
      digests[name] = digest
    }
    return { ok: true, value: digests }
  }

  #modelDigest(store: LocalStore, path: string): Promise<string | undefined> {
    const known = this.#modelDigests.get(path)
    if (known !== undefined) return known
    const digesting = artifactOfPath(store, isDirectory(path) ? 'tree' : 'file', path).then((artifact) =>
      artifact.ok ? digestText(artifact.value.digest) : undefined,
    )
    this.#modelDigests.set(path, digesting)
    return digesting
  }
}

/** Returns the scripts that a tool names when it is asked for its version: what runs is in them. */
function scriptsOf({ version }: Tool): readonly ModelFile[] {
  const paths = version.args.map((arg) => (arg.startsWith('file:') ? fileURLToPath(arg) : arg))
  const isFile = (path: string) => isAbsolute(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true
  return paths.filter(isFile).map((path) => ({ name: basename(path), path }))
}

/** Returns the folder itself, or the innermost one above it that exists. */
function existingFolder(dir: string): string {
  const above = dirname(resolve(dir))
  return above === dir || isDirectory(dir) ? dir : existingFolder(above)
}

/** Returns the versions of tools by name, as people are shown them. */
export function toolVersions(tools: ReadonlyMap<string, ProbedTool>): Record<string, string> {
  return Object.fromEntries([...tools].map(([name, { identity }]) => [name, identity.version ?? 'unknown']))
}

/** What a program printed about its version, and the version last parsed from it. */
interface PrintedMemo extends JsonObject {
  readonly stamp: string
  readonly printed: string
  /** The source of the function that read the version. */
  readonly reader: string
  readonly version: string
}

function isPrintedMemo(memo: JsonValue | undefined): memo is PrintedMemo {
  return isObject(memo) && ['stamp', 'printed', 'reader', 'version'].every((name) => typeof memo[name] === 'string')
}

function missing(tool: Tool, what: string): { readonly ok: false; readonly error: Failure } {
  const hint = tool.hint?.()
  // Without types, a tool may not say it.
  const { install: advice }: Partial<Tool> = tool
  const unsaid = `${what}; its declaration has no 'install', which would say how to install it`
  const install = advice === undefined ? { what: unsaid, install: '' } : { what, install: describeInstall(advice) }
  return {
    ok: false,
    error: { kind: 'tool-missing', tool: tool.name, ...install, ...(hint === undefined ? {} : { hint }) },
  }
}

/** Returns the absolute path of a program, or undefined if it is not on PATH. */
export function findProgram(command: string): string | undefined {
  if (isAbsolute(command)) return isExecutable(command) ? command : undefined
  const dirs = (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '')
  return dirs.map((dir) => resolve(dir, command)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

/** A path that cannot be looked at, such as one below a file, is none. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch {
    return false
  }
}

/** Returns what changes when a program is replaced: its real path and its stat. */
export function programStamp(path: string): string {
  const real = realpathSync(path)
  return `${real}:${stampText(statSync(real, { bigint: true }))}`
}

/** A version stands in the first lines that a program prints. */
const [printedBytes, printedLines] = [1024 * 1024, 1000]

/** A shell's exit codes for a program that cannot be executed, or is not found. */
const cannotStart: readonly number[] = [126, 127]

/** Returns what a program prints, or undefined if it cannot be started. Rejects with the signal's reason. */
export async function askProgram(
  path: string,
  args: readonly string[],
  { signal, killSignal, killGraceMs, cwd = '/' }: Cancellation & { readonly cwd?: string } = {},
): Promise<string | undefined> {
  const supervisor = new ProcessSupervisor(`probe-${process.pid}`)
  try {
    const stderr: string[] = []
    const onStderrLine = (line: string) => {
      if (stderr.length < printedLines) stderr.push(line)
    }
    const exit = await supervisor.run({
      command: path,
      args,
      cwd,
      env: baseEnvironment(),
      onStderrLine,
      maxStdoutBytes: printedBytes,
      ...(signal && { signal }),
      ...(killSignal && { killSignal }),
      ...(killGraceMs === undefined ? {} : { killGraceMs }),
    })
    signal?.throwIfAborted()
    if (exit.exitCode !== null && cannotStart.includes(exit.exitCode)) return undefined
    return [exit.stdout, ...stderr].join('\n')
  } catch (error) {
    if (error instanceof SpawnError) return undefined
    throw error
  } finally {
    await supervisor.end()
  }
}

/** Returns one tool on this machine, or why it is unusable. */
export function probeTool(tool: Tool, store?: LocalStore): Promise<Result<ProbedTool, Failure>> {
  return new ToolProbe(store).probe(tool)
}
