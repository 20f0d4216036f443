import { useState } from 'preact/hooks'
import { post, wordsOf } from '../live/server.ts'
import { announced, Command, Notice } from '../parts/bits.tsx'
import { countText, sizeText } from '../parts/words.ts'

/** What `cache forget --json` prints, as far as the page shows it. */
interface Report {
  readonly command: string
  readonly report: {
    readonly actions: readonly { readonly pipeline: string; readonly step: string; readonly job: string }[]
    readonly bytes: number
    readonly jobs: readonly string[]
  }
}

/** Removes every result that was made of a recording, after its name was typed once more. */
export function Forget({ onRemoved }: { readonly onRemoved: () => void }) {
  const [source, setSource] = useState('')
  const [again, setAgain] = useState('')
  const [found, setFound] = useState<Report>()
  const [problem, setProblem] = useState('')
  const ask = (removes: boolean) => {
    setProblem('')
    post<Report>('api/forget', { source, removes }).then(
      (answer) => {
        setFound(removes ? undefined : answer)
        setAgain('')
        if (!removes) return
        announced.value = 'forgotten'
        onRemoved()
      },
      (error: unknown) => setProblem(wordsOf(error)),
    )
  }
  const name = source.split(/[\\/]/).at(-1) ?? source
  const report = found?.report
  return (
    <>
      <h2>Forget a recording</h2>
      <section class="card">
        <div class="field">
          <label for="source">
            Path of the recording, or its digest as <code>b3:HEX</code>
          </label>
          <input
            id="source"
            value={source}
            placeholder="./talk.mp4"
            onInput={({ currentTarget }) => {
              setSource(currentTarget.value)
              setFound(undefined)
            }}
          />
        </div>
        <p class="actions">
          <button type="button" class="button plain" disabled={source === ''} onClick={() => ask(false)}>
            Show what was made of it
          </button>
        </p>
        {problem === '' ? null : <Notice tone="bad">{problem}</Notice>}
        {report === undefined || found === undefined ? null : report.actions.length === 0 ? (
          <p class="below">Nothing in the store was computed from it.</p>
        ) : (
          <>
            <p class="below">
              <b>
                Removes {countText(report.actions.length, 'result')}, {sizeText(report.bytes)}.
              </b>{' '}
              The recording itself and the files in {countText(report.jobs.length, 'job directory')} stay.
            </p>
            <div class="field below">
              <label for="again">
                Type <b>{name}</b> to remove them
              </label>
              <input id="again" value={again} onInput={({ currentTarget }) => setAgain(currentTarget.value)} />
            </div>
            <p class="actions">
              <button type="button" class="button danger" disabled={again !== name} onClick={() => ask(true)}>
                Forget it
              </button>
              <Command line={found.command} />
            </p>
          </>
        )}
      </section>
    </>
  )
}
