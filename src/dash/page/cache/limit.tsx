import { useState } from 'preact/hooks'
import { post, wordsOf } from '../live/server.ts'
import { announced, Command, Notice } from '../parts/bits.tsx'
import { countText, durationText, sizeText } from '../parts/words.ts'

/** What `cache gc --json` prints, as far as the page shows it. */
interface Report {
  readonly command: string
  readonly report: {
    readonly plan: {
      readonly evictions: readonly {
        readonly key: string
        readonly pipeline: string
        readonly step: string
        readonly sizeBytes: number
        readonly durationMs: number
      }[]
      readonly kept: { readonly count: number }
      readonly freesBytes: number
      readonly sizeBytesAfter: number
    }
  }
}

const shownMax = 20

/** A limit for the store: first what it would remove, in bytes and in hours, and then the button that removes it. */
export function Limit({ usedBytes, onRemoved }: { readonly usedBytes: number; readonly onRemoved: () => void }) {
  const [percent, setPercent] = useState(50)
  const [found, setFound] = useState<Report>()
  const [state, setState] = useState<'idle' | 'asking' | 'removing' | { readonly problem: string }>('idle')
  const bytes = Math.round((usedBytes * percent) / 100)
  const ask = (removes: boolean) => {
    setState(removes ? 'removing' : 'asking')
    post<Report>('api/gc', { maxSize: `${bytes}B`, removes }).then(
      (answer) => {
        setState('idle')
        setFound(removes ? undefined : answer)
        if (!removes) return
        announced.value = 'removed'
        onRemoved()
      },
      (error: unknown) => setState({ problem: wordsOf(error) }),
    )
  }
  const plan = found?.report.plan
  const lostMs = plan?.evictions.reduce((sum, { durationMs }) => sum + durationMs, 0) ?? 0
  return (
    <>
      <h2>Make it smaller</h2>
      <section class="card">
        <label class="slider">
          Keep at most <b>{sizeText(bytes)}</b>
          <input
            type="range"
            min={0}
            max={100}
            step={5}
            value={percent}
            onInput={({ currentTarget }) => {
              setPercent(Number(currentTarget.value))
              setFound(undefined)
            }}
          />
        </label>
        <p class="actions">
          <button type="button" class="button plain" disabled={state === 'asking'} onClick={() => ask(false)}>
            {state === 'asking' ? 'Looking ...' : 'Show what would go'}
          </button>
        </p>
        {typeof state === 'object' ? <Notice tone="bad">{state.problem}</Notice> : null}
        {plan === undefined || found === undefined ? null : (
          <>
            <p class="below">
              <b>
                Removes {countText(plan.evictions.length, 'result')}, {sizeText(plan.freesBytes)}, which took{' '}
                {durationText(lostMs)} to compute; {countText(plan.kept.count, 'result')} stay.
              </b>{' '}
              What is removed is computed again when it is needed. Job directories are not touched.
            </p>
            <ul class="plan-why">
              {plan.evictions.slice(0, shownMax).map(({ key, pipeline, step, sizeBytes, durationMs }) => (
                <li key={key}>
                  <b>
                    {pipeline} {step}
                  </b>{' '}
                  <span class="soft">
                    {sizeText(sizeBytes)}, took {durationText(durationMs)}
                  </span>
                </li>
              ))}
              {plan.evictions.length > shownMax ? (
                <li class="soft">and {plan.evictions.length - shownMax} more</li>
              ) : null}
            </ul>
            <p class="actions">
              <button
                type="button"
                class="button danger"
                disabled={plan.evictions.length === 0 || state === 'removing'}
                onClick={() => ask(true)}
              >
                {state === 'removing' ? 'Removing ...' : 'Remove them'}
              </button>
              <Command line={found.command} />
            </p>
          </>
        )}
      </section>
    </>
  )
}
