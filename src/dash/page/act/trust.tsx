import type { TrustAnswer } from '../../api/messages.ts'
import { Notice } from '../parts/bits.tsx'

/** Asks whether the code of a config elsewhere may run. */
export function TrustNotice({ config, trust }: { readonly config: string; readonly trust: () => void }) {
  return (
    <Notice tone="warn">
      <p>
        This job's pipeline is defined in <code>{config}</code>, outside of where the dashboard was started. To go on,
        its code has to run.
      </p>
      <p class="below">
        <button type="button" class="button plain" onClick={trust}>
          I know this code: run it
        </button>
      </p>
    </Notice>
  )
}

export function isTrust(value: unknown): value is TrustAnswer {
  return typeof value === 'object' && value !== null && 'config' in value && typeof value.config === 'string'
}
