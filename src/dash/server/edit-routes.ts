import type { Commands } from '../actions/commands.ts'
import { editsOf, withEditFile } from '../actions/edits.ts'
import { type Answer, failure, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import { trustedJob } from './trusted-job.ts'

export interface EditParts {
  readonly hub: JobHub
  readonly commands: Commands
  readonly root: string
}

const unfit = failure(400, 'that is nothing that can be edited')

/**
 * What people correct in the files of a job. Each loads the pipeline of the job, in a process of its own, so none is a
 * GET. Which files can be edited, the pipeline says; what is saved is a correction, and the files stay as they are.
 */
export function editRoutes({ hub, commands, root }: EditParts): readonly Route[] {
  const corrections = async (
    job: unknown,
    trusts: unknown,
    call: (run: (words: readonly string[]) => ReturnType<Commands['output']>) => ReturnType<Commands['output']>,
    signal: AbortSignal,
  ): Promise<Answer> => {
    if (typeof job !== 'string' || (trusts !== undefined && typeof trusts !== 'string')) return unfit
    const trusted = await trustedJob(job, trusts, hub, root)
    if (!trusted.ok) return trusted.error
    const { jobDir } = trusted.value
    const output = await call((words) =>
      commands.output(['corrections', jobDir, ...words, '--json', '--store', commands.storeDir], signal),
    )
    if (!output.ok) return failure(409, output.error)
    const answer = editsOf(output.value)
    const [refused] = answer.refused
    if (refused === undefined) return json(answer)
    return { status: 409, json: { error: refused.why, ...(refused.isStale ? { now: answer } : {}) } }
  }
  return [
    {
      path: '/api/corrections',
      method: 'POST',
      handle: ({ body: { job, trusts, ...rest }, signal }) =>
        Object.keys(rest).length > 0 ? unfit : corrections(job, trusts, (run) => run([]), signal),
    },
    {
      path: '/api/correct',
      method: 'POST',
      handle: ({ body: { job, trusts, path, base, text, ...rest } }) => {
        if (!isText(path) || !isText(base) || !isText(text) || Object.keys(rest).length > 0) return unfit
        const save = (run: (words: readonly string[]) => ReturnType<Commands['output']>) =>
          withEditFile({ path, base, text }, (file) => run(['--edits', file]))
        // Closing the browser does not stop it: what was typed is to be saved.
        return corrections(job, trusts, save, new AbortController().signal)
      },
    },
    {
      path: '/api/settle',
      method: 'POST',
      handle: ({ body: { job, trusts, id, keep, ...rest } }) => {
        const isChoice = keep === 'yours' || keep === 'computed'
        // A word that begins with a dash would be a flag.
        if (!isText(id) || !/^[^-]/.test(id) || !isChoice || Object.keys(rest).length > 0) return unfit
        const settle = (run: (words: readonly string[]) => ReturnType<Commands['output']>) =>
          run(['--keep', keep, '--only', id])
        return corrections(job, trusts, settle, new AbortController().signal)
      },
    },
  ]
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}
