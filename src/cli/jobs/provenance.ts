import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes, type JobStatus } from '../../core/index.ts'
import type { CrateAbout } from '../../report/provenance/ro-crate.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure, writeError } from '../command-line/error-line.ts'

/** Writes to standard output as PROV-JSON how the files of a job were made. */
export async function writeProv(jobDir: string, context: CliContext): Promise<number> {
  const { jobProvenance } = await import('../../engine/index.ts')
  const provenance = await jobProvenance(jobDir)
  if (!provenance.ok) return reportFailure(context, 'report', provenance.error)
  const { provJson } = await import('../../report/provenance/prov-json.ts')
  context.stdout.write(provJson(provenance.value))
  return exitCodes.ok
}

/** Makes the directory of a job, of which this is the status, an RO-Crate. */
export async function writeCrate(
  status: JobStatus,
  people: Omit<CrateAbout, 'describedAt'>,
  context: CliContext,
): Promise<number> {
  const { jobDir } = status
  const [
    { jobProvenance, reportedJob },
    entities,
    { roCrate },
    { pipelineDescription },
    { jobMarkdown },
    { writeAtomically },
  ] = await Promise.all([
    import('../../engine/index.ts'),
    import('../../report/provenance/crate-entities.ts'),
    import('../../report/provenance/ro-crate.ts'),
    import('../../report/provenance/crate-pipeline.ts'),
    import('../../report/text/job-markdown.ts'),
    import('../../../store/index.ts'),
  ])
  const provenance = await jobProvenance(jobDir)
  if (!provenance.ok) return reportFailure(context, 'report', provenance.error)
  const { crateFile, pipelineFile, readmeFile } = entities
  const readme = join(jobDir, readmeFile)
  const markdown = jobMarkdown(await reportedJob(status))
  const heading = markdown.slice(0, markdown.indexOf(':'))
  if (existsSync(readme) && !readFileSync(readme, 'utf8').startsWith(heading)) {
    const shown = displayPath(readme, context.cwd)
    writeError(context, 'report', `${shown} is not a report of the job, and a crate has its own: move it away`)
    return exitCodes.usage
  }
  try {
    // A link in a job is replaced, not followed.
    writeAtomically(join(jobDir, pipelineFile), pipelineDescription(provenance.value))
    writeAtomically(readme, markdown)
    const about = { ...people, describedAt: new Date().toISOString() }
    writeAtomically(join(jobDir, crateFile), roCrate(provenance.value, about))
  } catch (error) {
    writeError(context, 'report', `cannot write the crate: ${error instanceof Error ? error.message : String(error)}`)
    return exitCodes.stepFailed
  }
  context.stdout.write(`${displayPath(join(jobDir, crateFile), context.cwd)}\n`)
  return exitCodes.ok
}
