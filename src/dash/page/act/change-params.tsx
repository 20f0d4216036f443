import { useEffect, useState } from 'preact/hooks'
import type { JobAnswer, ParamEntry } from '../../api/messages.ts'
import { ParamFields, textOf } from './param-fields.tsx'
import { pipelines } from './pipelines.ts'
import { PlanPanel } from './plan-panel.tsx'

/** A job's params to be changed; what that computes and what is reused is said at once, and drawn in the graph. */
export function ChangeParams({
  answer: { job, params },
  close,
}: {
  readonly answer: JobAnswer
  readonly close: () => void
}) {
  const [entries, setEntries] = useState<readonly ParamEntry[]>()
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  useEffect(() => {
    const plain = Object.entries(params).map(([name, value]) => ({
      name,
      type: typeof value,
      default: value,
      required: false,
    }))
    pipelines().then(
      (list) => {
        const known = list.find(({ name }) => name === job.pipeline)?.params
        // What the job has now stands in the place of the default.
        setEntries(
          known?.map((entry) => ({ ...entry, ...(entry.name in params ? { default: params[entry.name] } : {}) })) ??
            plain,
        )
      },
      () => setEntries(plain),
    )
  }, [job.id])
  const changed = Object.fromEntries(
    Object.entries(texts).filter(([name, text]) => text !== '' && text !== textOf(params[name])),
  )
  if (entries === undefined) return <p class="soft below">Reading the params ...</p>
  if (entries.length === 0) return <p class="notice">This pipeline has no params.</p>
  return (
    <section class="card">
      <ParamFields
        params={entries}
        texts={texts}
        word="now"
        onChange={(name, text) => setTexts({ ...texts, [name]: text })}
      />
      {Object.keys(changed).length === 0 ? (
        <p class="soft below">Change a param to see what it would compute.</p>
      ) : (
        <PlanPanel
          order={{ kind: 'params', job: job.id, params: changed }}
          verb="Run with these params"
          close={close}
        />
      )}
    </section>
  )
}
