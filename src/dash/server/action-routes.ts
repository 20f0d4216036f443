import { askToCancel } from '../actions/cancel.ts'
import type { Commands } from '../actions/commands.ts'
import { failure, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import type { StoreAccess } from '../jobs/store-access.ts'
import { noSuchJob } from './job-routes.ts'
import { trustedJob } from './trusted-job.ts'

export interface ActionParts {
  readonly hub: JobHub
  readonly store: StoreAccess
  readonly onBug: (error: unknown) => void
  readonly commands: Pick<Commands, 'output'>
  readonly root: string
}

const refusals = {
  'not-running': 'the job is not running any more',
  elsewhere: 'the job runs in another container, where it must be cancelled',
  denied: 'permission denied: another user runs the job, who must cancel it',
} as const

/** How long workers may take to end what a dead run has left. */
const leftMs = 90_000

/** What changes something. */
export function actionRoutes({ hub, store, onBug, commands, root }: ActionParts): readonly Route[] {
  return [
    {
      path: '/api/cancel',
      method: 'POST',
      handle: async ({ body: { job, now, trusts, ...rest } }) => {
        if (typeof job !== 'string' || (now !== undefined && typeof now !== 'boolean') || Object.keys(rest).length > 0)
          return failure(400, 'which job?')
        await hub.look()
        const entry = hub.entry(job)
        const opened = await store.get()
        if (entry === undefined) return noSuchJob
        if ('problem' in opened) return failure(409, opened.problem)
        const signal = AbortSignal.timeout(leftMs)
        const asked = await askToCancel(opened, entry.jobDir, now === true, onBug)
        if (asked === 'not-running') {
          // A run that was killed could not tell its workers: the command asks them, which loads the config.
          const trusted = await trustedJob(job, trusts, hub, root)
          if (!trusted.ok) return trusted.error
          const left = await commands.output(['jobs', 'cancel', entry.jobDir, '--json'], signal)
          if (!left.ok) return failure(409, left.error)
          return endedSteps(left.value) ? json({ ended: true }) : failure(409, refusals[asked])
        }
        return asked === 'asked' ? json({ asked: true }) : failure(409, refusals[asked])
      },
    },
  ]
}

/** Returns whether `reprise jobs cancel --json` says that it ended steps that workers had. */
function endedSteps(output: string): boolean {
  const value: unknown = JSON.parse(output)
  return typeof value === 'object' && value !== null && 'ended' in value && value.ended === 'steps'
}
