import { type DirectoryStore, describeStoreFailure, type RemoteCache, type TieredStore } from '../../../store/index.ts'

/** A key that nobody has: to ask for it shows whether a remote answers. */
const nobodysKey = '0'.repeat(64)

/** Returns why a remote cannot be used that a run needs; undefined where it answers. */
export async function whyAway(remote: RemoteCache): Promise<string | undefined> {
  const found = await remote.find(nobodysKey)
  return found.kind === 'unavailable' ? describeStoreFailure(found.failure) : undefined
}

/** Notes what a remote fails at that a run needs, and so what its exit code has to say. */
export class RequiredRemote {
  #problem: string | undefined

  get problem(): string | undefined {
    return this.#problem
  }

  /** Returns the store, whose remote is listened to. */
  behind(store: TieredStore): DirectoryStore {
    const { remote } = store
    return {
      ...store,
      remote: {
        ...remote,
        begin: (listener) =>
          remote.begin((notice) => {
            if (notice.kind === 'failed' && notice.isAway === true) this.#problem ??= notice.message
            if (notice.kind === 'sent' && notice.left > 0)
              this.#problem ??= `${notice.left} results are not sent yet; 'reprise remote push JOB' sends them`
            listener(notice)
          }),
      },
    }
  }
}
