import { useEffect, useState } from 'preact/hooks'
import type { PipelineEntry } from '../../api/messages.ts'
import { wordsOf } from '../live/server.ts'
import { Notice } from '../parts/bits.tsx'
import { ParamFields } from './param-fields.tsx'
import { pipelines } from './pipelines.ts'
import { PlanPanel } from './plan-panel.tsx'

type Texts = Readonly<Record<string, string>>

/** A new job: a pipeline, its inputs and params in a form made of its schema, and what it would cost. */
export function NewJob() {
  const [list, setList] = useState<readonly PipelineEntry[] | { readonly problem: string }>()
  const [name, setName] = useState('')
  const [paths, setPaths] = useState<Texts>({})
  const [params, setParams] = useState<Texts>({})
  useEffect(() => {
    pipelines().then(setList, (error: unknown) => setList({ problem: wordsOf(error) }))
  }, [])
  if (list === undefined) return <p class="soft starting">Reading the pipelines of this folder ...</p>
  if ('problem' in list) return <Notice tone="bad">{list.problem}</Notice>
  const chosen = list.find((entry) => entry.name === name)
  const choose = (next: string) => {
    setName(next)
    setPaths({})
    setParams({})
  }
  return (
    <>
      <h1>New job</h1>
      <section class="card">
        <div class="field">
          <label for="pipeline">
            <b>Pipeline</b>
          </label>
          <select id="pipeline" value={name} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            <option value="">choose one</option>
            {list.map((entry) => (
              <option key={entry.name} value={entry.name}>
                {entry.name}
                {entry.config === undefined ? '' : ' (yours)'}
              </option>
            ))}
          </select>
          <span class="soft small">{chosen?.description}</span>
        </div>
        {chosen === undefined ? null : (
          <Form pipeline={chosen} paths={paths} params={params} setPaths={setPaths} setParams={setParams} />
        )}
      </section>
    </>
  )
}

interface FormProps {
  readonly pipeline: PipelineEntry
  readonly paths: Texts
  readonly params: Texts
  readonly setPaths: (paths: Texts) => void
  readonly setParams: (params: Texts) => void
}

function Form({ pipeline, paths, params, setPaths, setParams }: FormProps) {
  const given = (texts: Texts) => Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ''))
  const inputs = Object.fromEntries(
    pipeline.inputs.flatMap(({ name, arity }) => {
      const text = paths[name]?.trim() ?? ''
      if (text === '') return []
      return [
        [
          name,
          arity === 'many'
            ? text
                .split('\n')
                .map((path) => path.trim())
                .filter((path) => path !== '')
            : [text],
        ],
      ]
    }),
  )
  const isWhole =
    pipeline.inputs.every(({ name, arity }) => arity === 'optional' || inputs[name] !== undefined) &&
    pipeline.params.every(({ name, required }) => !required || (params[name] ?? '') !== '')
  const hidden = new Set(
    pipeline.params.filter(({ required, name }) => !required && (params[name] ?? '') === '').map(({ name }) => name),
  )
  const shown = pipeline.params.filter(({ name }) => !hidden.has(name))
  const more = pipeline.params.filter(({ name }) => hidden.has(name))
  const onChange = (name: string, text: string) => setParams({ ...params, [name]: text })
  return (
    <>
      {pipeline.inputs.map(({ name, kind, arity }) => (
        <div class="field" key={name}>
          <label for={`input-${name}`}>
            <b>{name}</b>{' '}
            <span class="soft small">
              {arity === 'many'
                ? `${kind}s, a path a line`
                : `path of a ${kind}${arity === 'optional' ? ', may be left out' : ''}`}
            </span>
          </label>
          {arity === 'many' ? (
            <textarea
              id={`input-${name}`}
              rows={3}
              value={paths[name] ?? ''}
              onInput={({ currentTarget }) => setPaths({ ...paths, [name]: currentTarget.value })}
            />
          ) : (
            <input
              id={`input-${name}`}
              value={paths[name] ?? ''}
              placeholder="./talk.mp4"
              onInput={({ currentTarget }) => setPaths({ ...paths, [name]: currentTarget.value })}
            />
          )}
        </div>
      ))}
      <ParamFields params={shown} texts={params} onChange={onChange} />
      {more.length === 0 ? null : (
        <details open={shown.length === 0 && more.length <= 4}>
          <summary>{more.length} params with defaults</summary>
          <ParamFields params={more} texts={params} onChange={onChange} />
        </details>
      )}
      {isWhole ? (
        <PlanPanel
          order={{ kind: 'start', pipeline: pipeline.name, inputs, params: given(params) }}
          verb="Start the job"
          onStarted={(job) => {
            location.hash = `#/job/${job}`
          }}
        />
      ) : (
        <p class="soft below">Fill in what is required to see what it would compute.</p>
      )}
    </>
  )
}
