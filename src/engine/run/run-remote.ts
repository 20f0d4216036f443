import type { RunContext } from '../site/run-context.ts'

type Parts = Pick<RunContext, 'store' | 'emit' | 'signal'>

/** Has the remote behind the store, if there is one, tell the run what happens; it begins to send what is still unsent. */
export function beginRemote({ store, emit }: Parts): void {
  const { remote } = store
  remote?.begin((notice) => {
    if (notice.kind === 'failed') emit({ event: 'pipeline_warning', message: notice.message })
    else {
      const { results, bytes, left } = notice
      emit({ event: 'results_sent', remote: remote.name, results, bytes, left })
    }
  })
}

/** Waits a while for the results that are being sent; what is left stays noted down for the next run. */
export async function settleRemote({ store, signal }: Parts): Promise<void> {
  await store.remote?.settle({ signal })
}
