import {
  describeStoreFailure,
  materializeArtifact,
  type Result,
  type StagedFile,
  type StoredArtifact,
} from '../../../store/index.ts'
import { type Failure, jobUnusable, normalOutput } from '../../core/index.ts'
import type { ExecutedEnd } from '../execute/executor.ts'
import type { LocalResult } from '../execute/local-executor.ts'
import type { Workspace } from '../execute/workspace.ts'
import type { StepSite } from '../site/step-site.ts'

/**
 * Puts the outputs of a remote execution into a workspace, from the run's store, to which the executor
 * has brought them. Refuses outputs that are missing or that the stage does not declare.
 */
export async function fetchedResult(site: StepSite, end: ExecutedEnd): Promise<Result<LocalResult, Failure>> {
  const { workspaces, jobDir } = site.context
  const { id, stage } = site.step
  const undeclared = Object.keys(end.outputs).find((output) => stage.outputs[output] === undefined)
  if (undeclared !== undefined) {
    const message = 'it is not declared, and whoever executed the step says that there is one'
    return { ok: false, error: { kind: 'output-invalid', step: id, output: undeclared, message } }
  }
  let workspace: Workspace
  try {
    workspace = workspaces.create(id, stage, {})
  } catch (error) {
    return { ok: false, error: jobUnusable(jobDir, error) }
  }
  const files: StagedFile[] = []
  for (const [output, declaration] of Object.entries(stage.outputs)) {
    const path = workspace.outputPaths[output] ?? ''
    const artifact = end.outputs[output]
    const fetched: Result<readonly StagedFile[], Failure> =
      artifact?.kind === normalOutput(declaration).kind
        ? await fetch(site, artifact, path)
        : { ok: false, error: { kind: 'output-missing', step: id, output, path } }
    if (!fetched.ok) {
      workspaces.remove(workspace)
      return fetched
    }
    files.push(...fetched.value)
  }
  return { ok: true, value: { workspace, staged: [], files } }
}

/** Returns the files that an artifact consists of, where they are now. */
async function fetch(
  { context, step }: StepSite,
  artifact: StoredArtifact,
  path: string,
): Promise<Result<readonly StagedFile[], Failure>> {
  const { store, link } = context
  const materialized = await materializeArtifact(store, artifact, path, { link, inPrivate: true })
  if (!materialized.ok) {
    const failure = materialized.error
    if (failure.kind === 'target-unwritable' && failure.code === 'ENOSPC')
      return { ok: false, error: { kind: 'disk-full', step: step.id, path } }
    return { ok: false, error: { kind: 'store', failure, message: describeStoreFailure(failure) } }
  }
  return { ok: true, value: materialized.value.files }
}
