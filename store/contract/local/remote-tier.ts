/** What happened with a remote, for the one who runs something. Each kind of trouble is told once. */
export type RemoteNotice =
  /** Something did not work; the run goes on as if there were no remote. */
  | {
      readonly kind: 'failed'
      readonly message: string
      /** Whether it did not answer, or not as it should; else it has what is of no use. */
      readonly isAway?: true
    }
  /** Results were sent; `left` are still to be sent, by a later run or by 'reprise remote push'. */
  | { readonly kind: 'sent'; readonly results: number; readonly bytes: number; readonly left: number }

export interface SettleOptions {
  readonly signal?: AbortSignal
  /** How long to wait for results that are being sent. */
  readonly waitMs?: number
}

/** The remote behind a local store. */
export interface RemoteTier {
  /** How it is called in messages. */
  readonly name: string
  /** Begins to send what earlier runs left unsent, and tells what happens from now on. */
  begin(listener: (notice: RemoteNotice) => void): void
  /** Waits for what is being sent, then stops, and tells what was sent and what is left. Makes no request where nothing is. */
  settle(options?: SettleOptions): Promise<void>
}
