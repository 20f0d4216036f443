import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import {
  type AnyPipeline,
  type ArtifactRef,
  definePipeline,
  defineStage,
  type ExecutionPolicy,
  type FailOptions,
  file,
  many,
  type StageResources,
} from '../../src/core/index.ts'

const inputs = { after: many(file()) }
const params = z.object({ name: z.string() })
const outputs = { text: 'text.txt' } as const

/** A stage whose `run` has been called, and which goes on as the test says. */
export interface Invocation {
  readonly name: string
  readonly outputPath: string
  readonly tempDir: string
  readonly signal: AbortSignal
  /** Writes the output and ends the step. */
  finish(text?: string): void
  /** Fails the step. */
  fail(message: string): void
  /** Fails the step by the stage's own word. */
  refuse(message: string, options?: FailOptions): void
  /** Fails the step because the device's memory does not suffice. */
  runOutOfMemory(): void
}

/** Stages that do what a test says, and when. A stage heeds its signal only where the test ends it. */
export interface Control {
  /** Resolves when the step of this name has been called, once for each time that it is. */
  invoked(name: string): Promise<Invocation>
  /** Names of the steps that have been called and not ended, sorted. */
  readonly running: readonly string[]
  /** Returns a stage that takes slots of a pool. */
  stage(name: string, resources: StageResources): ReturnType<typeof controlledStage>
}

type Listener = (invocation: Invocation) => void

function controlledStage(name: string, resources: StageResources, called: Listener) {
  return defineStage({
    name,
    version: 1,
    inputs,
    params,
    outputs,
    resources,
    run: ({ params: { name }, outputs: { text: outputPath }, tempDir, signal, fail, outOfMemory }) =>
      new Promise<void>((resolve, reject) => {
        const rejectWith = (thrower: () => never) => {
          try {
            thrower()
          } catch (error) {
            reject(error)
          }
        }
        const finish = (text = name) => {
          writeFileSync(outputPath, text)
          resolve()
        }
        called({
          name,
          outputPath,
          tempDir,
          signal,
          finish,
          fail: (message) => reject(new Error(message)),
          refuse: (message, options) => rejectWith(() => fail(message, options)),
          runOutOfMemory: () => rejectWith(() => outOfMemory()),
        })
      }),
  })
}

/** Makes stages that a test controls. */
export function createControl(): Control {
  const waiting = new Map<string, Invocation[]>()
  const listeners = new Map<string, Listener[]>()
  const running = new Set<string>()
  const called = (invocation: Invocation) => {
    const { name } = invocation
    running.add(name)
    const tracked: Invocation = {
      ...invocation,
      finish(text) {
        running.delete(name)
        invocation.finish(text)
      },
      fail(message) {
        running.delete(name)
        invocation.fail(message)
      },
      refuse(message, options) {
        running.delete(name)
        invocation.refuse(message, options)
      },
      runOutOfMemory() {
        running.delete(name)
        invocation.runOutOfMemory()
      },
    }
    const listener = listeners.get(name)?.shift()
    if (listener === undefined) waiting.set(name, [...(waiting.get(name) ?? []), tracked])
    else listener(tracked)
  }
  return {
    get running() {
      return [...running].sort()
    },
    invoked(name) {
      const invocation = waiting.get(name)?.shift()
      if (invocation !== undefined) return Promise.resolve(invocation)
      return new Promise((resolve) => listeners.set(name, [...(listeners.get(name) ?? []), resolve]))
    },
    stage: (name, resources) => controlledStage(name, resources, called),
  }
}

/** A step of a controlled pipeline: the names of the steps that it waits for, its stage's name, what it takes, and how it is executed. */
export interface ControlledStep extends ExecutionPolicy, StageResources {
  readonly after?: readonly string[]
  readonly stage?: string
}

/** Returns a pipeline of controlled steps, each after those it names. */
export function controlledPipeline(control: Control, steps: Readonly<Record<string, ControlledStep>>): AnyPipeline {
  return definePipeline({
    name: 'controlled',
    inputs: {},
    params: z.object({}),
    build({ step }) {
      const stages = new Map<string, ReturnType<Control['stage']>>()
      const stageOf = ({ stage: named, pool = 'cpu', slots = 1 }: ControlledStep) => {
        const stageName = named ?? `controlled-${pool}-${slots}`
        const stage = stages.get(stageName) ?? control.stage(stageName, { pool, slots })
        stages.set(stageName, stage)
        return stage
      }
      const texts = new Map<string, { readonly text: ArtifactRef<'file', string> }>()
      const place = (name: string, { after = [], stage, pool, slots, ...policy }: ControlledStep) =>
        step(
          stageOf({
            ...(stage === undefined ? {} : { stage }),
            ...(pool === undefined ? {} : { pool }),
            ...(slots === undefined ? {} : { slots }),
          }),
          { after: after.flatMap((other) => texts.get(other)?.text ?? []) },
          { id: name, params: { name }, ...policy },
        )
      for (const [name, placed] of Object.entries(steps)) texts.set(name, place(name, placed))
      return Object.fromEntries([...texts].map(([name, { text }]) => [name, text]))
    },
  })
}

/** Lets everything that can go on without the test go on, for some turns of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}
