import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Device } from '../failure/device.ts'
import type { FailureKind } from '../failure/failure-class.ts'
import type { Declaration, InputDeclaration, NormalInput, NormalOutput, OutputDeclaration } from './artifact.ts'
import type { ServiceClients, ServiceDeclarations } from './service.ts'
import type { Tool } from './tool.ts'

export type InputDeclarations = Readonly<Record<string, InputDeclaration>>
export type OutputDeclarations = Readonly<Record<string, OutputDeclaration>>
/** Any Standard Schema whose value is an object. */
export type ParamsSchema = StandardSchemaV1<object, object>

export type InputValue<D> =
  D extends Declaration<infer _Kind, infer A, infer Value>
    ? A extends 'one'
      ? Value
      : A extends 'optional'
        ? Value | undefined
        : readonly (A extends 'named' ? NamedItem<Value> : A extends 'settled' ? SettledItem<Value> : Value)[]
    : never

/** An artifact of a fan-out, and the name of its item; in fan-outs inside others, the names with slashes between. */
export interface NamedItem<Value> {
  readonly item: string
  readonly value: Value
  readonly failure?: undefined
}

/** An artifact of a fan-out, or why it is not there. */
export type SettledItem<Value> = NamedItem<Value> | FailedItem

export interface FailedItem {
  readonly item: string
  readonly value?: undefined
  readonly failure: ItemFailure
}

/** Why an item of a fan-out failed. */
export interface ItemFailure {
  readonly kind: FailureKind
  readonly message: string
}

/** What `run` receives for each declared input: absolute paths for files and trees, values for JSON. */
export type InputValues<Inputs extends InputDeclarations> = {
  readonly [Name in keyof Inputs]: InputValue<NormalInput<Inputs[Name]>>
}

export type NamesOfKind<Outputs extends OutputDeclarations, Kind extends 'json' | 'path'> = {
  [Name in keyof Outputs]: NormalOutput<Outputs[Name]> extends Declaration<'json'>
    ? Kind extends 'json'
      ? Name
      : never
    : Kind extends 'path'
      ? Name
      : never
}[keyof Outputs]

/** The absolute paths that `run` writes its files and trees to. */
export type OutputPaths<Outputs extends OutputDeclarations> = {
  readonly [Name in NamesOfKind<Outputs, 'path'>]: string
}

/** The JSON outputs, which `run` returns. */
export type OutputValues<Outputs extends OutputDeclarations> = {
  readonly [Name in NamesOfKind<Outputs, 'json'>]: InputValue<NormalOutput<Outputs[Name]>>
}

/** What a stage has made: absolute paths of files and trees, values of JSON. */
export type MadeOutputs<Outputs extends OutputDeclarations> = {
  readonly [Name in keyof Outputs]: InputValue<NormalOutput<Outputs[Name]>>
}

export type RunReturn<Outputs extends OutputDeclarations> = [NamesOfKind<Outputs, 'json'>] extends [never]
  ? void
  : OutputValues<Outputs>

export interface ExecOptions {
  /** Bytes or text for the program's standard input, which is then a file; without it, standard input is empty. */
  readonly stdin?: string | Uint8Array
  /** Called with each line that the program prints to standard error. */
  readonly onStderrLine?: (line: string) => void
  /** Called with each line that the program prints to standard output, which is then not collected. */
  readonly onStdoutLine?: (line: string) => void
  readonly env?: Readonly<Record<string, string>>
  /** Exit codes that mean success; only 0 by default. */
  readonly okExitCodes?: readonly number[]
}

export interface AskOptions {
  /** Called with each line that the program prints to standard output before its answer. */
  readonly onStdoutLine?: (line: string) => void
  /** Called with each line that the program prints to standard error meanwhile. */
  readonly onStderrLine?: (line: string) => void
  /** How long the program waits for the next question before it is ended; 30 seconds by default. */
  readonly idleMs?: number
}

export interface FailOptions {
  /** Asks for another attempt after at least this long, as when a service said that it is busy. */
  readonly retryAfterMs?: number
  /** What the failure is about, for policies that answer by class. */
  readonly about?: 'audio' | 'video'
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  /** The last lines of standard error. */
  readonly stderrTail: string
}

/** What a stage's `run` receives. */
export interface StageContext<
  Inputs extends InputDeclarations,
  Params,
  Outputs extends OutputDeclarations,
  Services extends ServiceDeclarations = Record<never, never>,
> {
  readonly inputs: InputValues<Inputs>
  readonly params: Params
  readonly outputs: OutputPaths<Outputs>
  /** An empty directory of the step's own, removed afterwards. */
  readonly tempDir: string
  readonly device: Device
  /**
   * The GPUs that the step has, as `CUDA_VISIBLE_DEVICES` names them: as many as its slots of the pool `gpu`, where the
   * device is CUDA. Its tools see only these. Not part of the key.
   */
  readonly gpus: readonly string[]
  /**
   * How many processors fall to the step at this moment: all of them while nothing else is to be done, and one while as many
   * steps run as there are processors. What a program that is given them makes must not depend on their number: it is not
   * part of the key.
   */
  readonly cpus: number
  /** 1, or the number of a fresh result that the user asked for: a seed for what is random. */
  readonly take: number
  /** The values of the environment that the stage declares in `env`; those that are not set are left out. */
  readonly env: Readonly<Record<string, string>>
  /** The clients of the services that the stage declares. */
  readonly services: ServiceClients<Services>
  /** Aborted when the run is cancelled or the step times out; `exec` already listens to it. */
  readonly signal: AbortSignal
  /**
   * Runs a declared tool, without a shell, in a process group of its own and with the outputs' directory as its
   * working directory. Rejects with a failure of the step when the program exits with an unexpected code.
   */
  readonly exec: (tool: Tool, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>
  /**
   * Asks a declared tool that stays, so that what it loads is loaded once for many steps: a program that reads questions
   * line by line, as JSON, and answers each with a line `{ "answer": ... }`, or `{ "error": "why not" }`, which fails the
   * step. Resolves with the answer. A question goes to a program that was started with the same arguments and is idle, also
   * by another step; where there is none, another is started. It has no directory of its own, so paths are absolute. It is
   * ended with the run, after `idleMs` without a question, and when the step that asks is cancelled or times out.
   */
  readonly ask: (tool: Tool, args: readonly string[], question: unknown, options?: AskOptions) => Promise<unknown>
  /**
   * Calls the default export of one of the stage's `threads` with a value, and resolves with what it returns; both are
   * copied. The thread ends with the step, and at once when the run is cancelled or the step times out.
   */
  readonly inThread: (name: string, argument?: unknown) => Promise<unknown>
  /** Reports the progress of the step, from 0 to 1. */
  readonly progress: (fraction: number, note?: string) => void
  /** Writes a line to `stage.log`. */
  readonly log: (line: string) => void
  /** Writes a line to `stage.log`, and shows it to the user while the step runs. */
  readonly warn: (line: string) => void
  /** Fails the step with a message that says what to do; never returns. */
  readonly fail: (message: string, options?: FailOptions) => never
  /** Fails the step because the device is out of memory, which `onOutOfMemory` may answer; never returns. */
  readonly outOfMemory: (message?: string) => never
}

/** What the default export of a stage's thread receives besides its argument. */
export type ThreadContext = Pick<StageContext<InputDeclarations, object, OutputDeclarations>, 'progress' | 'log'> & {
  /** Fails the step with a message that says what to do; never returns. */
  readonly fail: (message: string) => never
}
