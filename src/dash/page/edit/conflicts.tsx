import { Notice } from '../parts/bits.tsx'
import { countText } from '../parts/words.ts'
import { timeText } from './cues.ts'
import type { EditSession } from './session.ts'

/** Corrections where what is computed changed at the same place, one by one. */
export function Conflicts({ session }: { readonly session: EditSession }) {
  const conflicts = session.conflicts.value
  if (conflicts.length === 0) return null
  return (
    <section class="notice warn conflicts" aria-label="Conflicts">
      <p>
        <b>{countText(conflicts.length, 'conflict')}:</b> what is computed changed at the same place. The tracks show
        yours until you settle it.
      </p>
      <ul>
        {conflicts.map((conflict) => (
          <li key={conflict.id}>
            <pre>{conflict.lines.join('\n')}</pre>
            <p class="actions">
              <button type="button" class="button plain" onClick={() => void session.settle(conflict, 'yours')}>
                Keep yours
              </button>
              <button type="button" class="button plain" onClick={() => void session.settle(conflict, 'computed')}>
                Take what is computed now
              </button>
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What was typed where the track is another one now: it is shown, so that nothing is lost. */
export function Lost({ session }: { readonly session: EditSession }) {
  const cues = session.lost.value
  if (cues.length === 0) return null
  return (
    <Notice tone="warn">
      <p>The track changed where you typed this, which is not saved. Put it where it belongs:</p>
      <pre>
        {cues.map(({ startMs, endMs, text }) => `${timeText(startMs)} - ${timeText(endMs)}\n${text}`).join('\n\n')}
      </pre>
      <p class="below">
        <button
          type="button"
          class="button plain"
          onClick={() => {
            session.lost.value = []
          }}
        >
          I have it
        </button>
      </p>
    </Notice>
  )
}
