import { askToCancel } from '../actions/cancel.ts'
import { failure, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import type { StoreAccess } from '../jobs/store-access.ts'
import { noSuchJob } from './job-routes.ts'

export interface ActionParts {
  readonly hub: JobHub
  readonly store: StoreAccess
  readonly onBug: (error: unknown) => void
}

const refusals = {
  'not-running': 'the job is not running any more',
  elsewhere: 'the job runs in another container, where it must be cancelled',
  denied: 'permission denied: another user runs the job, who must cancel it',
} as const

/** What changes something. */
export function actionRoutes({ hub, store, onBug }: ActionParts): readonly Route[] {
  return [
    {
      path: '/api/cancel',
      method: 'POST',
      handle: async ({ body: { job, now, ...rest } }) => {
        if (typeof job !== 'string' || (now !== undefined && typeof now !== 'boolean') || Object.keys(rest).length > 0)
          return failure(400, 'which job?')
        await hub.look()
        const entry = hub.entry(job)
        const opened = await store.get()
        if (entry === undefined) return noSuchJob
        if ('problem' in opened) return failure(409, opened.problem)
        const asked = await askToCancel(opened, entry.jobDir, now === true, onBug)
        return asked === 'asked' ? json({ asked: true }) : failure(409, refusals[asked])
      },
    },
  ]
}
