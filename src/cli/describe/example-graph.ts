import type { Result } from '../../../store/index.ts'
import { type AnyPipeline, buildGraph, type Graph, type Problem } from '../../core/index.ts'
import { authorLine } from '../../loading/author-line.ts'

/** Returns the graph that a pipeline's example params give; code of the pipeline that throws is a problem of its own. */
export function exampleGraph(pipeline: AnyPipeline): Result<Graph, readonly Problem[]> {
  const built = unlessItThrows(() => buildGraph(pipeline, pipeline.example ?? {}))
  return built.ok ? built.value : { ok: false, error: [{ where: pipeline.name, message: `its build ${built.error}` }] }
}

/** Returns what the code of an author gives, or what it threw and where. */
export function unlessItThrows<Value>(call: () => Value): Result<Value, string> {
  try {
    return { ok: true, value: call() }
  } catch (error) {
    const line = error instanceof Error ? authorLine(error.stack ?? '') : undefined
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, error: `threw an exception: ${message}${line === undefined ? '' : ` (${line})`}` }
  }
}
