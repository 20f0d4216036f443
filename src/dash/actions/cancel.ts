import type { LocalStore } from '../../../store/index.ts'
import { cancelJob } from '../../engine/index.ts'

/** What became of a request to cancel: `asked` when the runner has been told, and takes its time to end. */
export type CancelAnswer = 'asked' | 'not-running' | 'elsewhere' | 'denied'

/** Asks the runner of a job to end, and returns when it was asked; the stream tells when it has ended. */
export function askToCancel(
  store: Pick<LocalStore, 'leases'>,
  jobDir: string,
  now: boolean,
  onBug: (error: unknown) => void,
): Promise<CancelAnswer> {
  return new Promise((resolve) => {
    cancelJob(store, jobDir, { now, onAsked: () => resolve('asked') }).then(
      ({ kind }) => resolve(kind === 'gone' ? 'asked' : kind),
      (error: unknown) => {
        onBug(error)
        resolve('denied')
      },
    )
  })
}
