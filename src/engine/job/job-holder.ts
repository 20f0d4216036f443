import { jobLease, type LeaseHolder, type LocalStore, runLeasePrefix } from '../../../store/index.ts'

/** The process that is running a job. */
export interface JobHolder extends LeaseHolder {
  /** The run, if it is one: `jobs prune` holds a job, too. */
  readonly run?: string
}

const runWord = 'run '

/** Returns the note that a run writes into the lease of its job. */
export function runNote(run: string): string {
  return `${runWord}${run}`
}

/** Returns the live runs of a job by its absolute directory: first the one that holds it, then those that wait. */
export function jobRuns(
  store: Pick<LocalStore, 'leases'>,
  jobDir: string,
): readonly (JobHolder & { readonly run: string })[] {
  const first = jobHolder(store, jobDir)?.run
  const lease = jobLease(jobDir)
  const runs = store.leases.held(runLeasePrefix).flatMap(({ name, holder }) => {
    return jobLease(holder.note) === lease ? [{ ...holder, run: name.slice(runLeasePrefix.length) }] : []
  })
  return runs.sort((a, b) => Number(b.run === first) - Number(a.run === first))
}

/** Returns the live process that holds a job, by its absolute directory. A dead process holds nothing. */
export function jobHolder(store: Pick<LocalStore, 'leases'>, jobDir: string): JobHolder | undefined {
  const holder = store.leases.holder(jobLease(jobDir))
  if (holder === undefined) return undefined
  return holder.note.startsWith(runWord) ? { ...holder, run: holder.note.slice(runWord.length) } : holder
}
