import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AnyPipeline, Event, EventOf, EventType } from '../../src/core/index.ts'
import { type RunRequest, type RunResult, runPipeline } from '../../src/engine/index.ts'
import { removeTree } from '../../src/engine/system/remove-tree.ts'
import { type DirectoryStore, type LocalStore, openStore } from '../../store/index.ts'
import { expectSchema } from './event-schema.ts'

/** A run as a test sees it: its result, and everything that happened. */
export interface ObservedRun {
  readonly result: RunResult
  readonly events: readonly Event[]
  /** Ids of the steps that were executed, sorted. */
  readonly executed: readonly string[]
  /** Ids of the steps that the store served, sorted. */
  readonly cached: readonly string[]
  of<Type extends EventType>(type: Type): readonly EventOf<Type>[]
}

/** A directory with a store and a job, which is gone when the test ends. */
export interface Workbench {
  readonly dir: string
  readonly store: LocalStore
  readonly jobDir: string
  path(...names: string[]): string
  run(pipeline: AnyPipeline, request?: Partial<RunRequest>): Promise<ObservedRun>
}

/** Makes a directory that is removed when the test ends. */
export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-test-'))
  onTestFinished(() => removeTree(dir))
  return dir
}

/** Opens a store for the length of a test. */
export async function openTestStore(dir: string): Promise<DirectoryStore> {
  const opened = await openStore({ dir })
  if (!opened.ok) throw new Error(`the test's store cannot be opened: ${opened.error.kind}`)
  onTestFinished(() => opened.value.close())
  return opened.value
}

/** Makes a workbench for one test. */
export async function createWorkbench(): Promise<Workbench> {
  const dir = temporaryDirectory()
  const path = (...names: string[]) => join(dir, ...names)
  const store = await openTestStore(path('store'))
  const jobDir = path('job')
  return {
    dir,
    store,
    jobDir,
    path,
    run: (pipeline, request) => observe({ pipeline, inputs: {}, jobDir, store, device: 'cpu', ...request }),
  }
}

/** Runs a pipeline and keeps what happened. */
export async function observe(request: RunRequest): Promise<ObservedRun> {
  const events: Event[] = []
  const onEvent = (event: Event) => {
    events.push(event)
    return request.onEvent?.(event)
  }
  const result = await runPipeline({ ...request, onEvent })
  expectSchema(events)
  const of = <Type extends EventType>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.event === type)
  const executed = of('stage_running').map(({ stage }) => stage)
  const cached = of('stage_skipped').flatMap(({ stage, because }) => (because === 'cached' ? [stage] : []))
  return { result, events, executed: executed.sort(), cached: cached.sort(), of }
}
