import { signal } from '@preact/signals'

/** What a run that is being considered would do: the graph shows it before it runs. */
export interface Preview {
  readonly executes: ReadonlySet<string>
  readonly maybe: ReadonlySet<string>
  readonly stepMs: Readonly<Record<string, number>>
}

export const preview = signal<Preview | undefined>(undefined)
