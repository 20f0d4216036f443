import { useEffect, useState } from 'preact/hooks'
import type { JobAnswer, StepAnswer } from '../../api/messages.ts'
import { get } from '../live/server.ts'
import type { Placed } from './placed.ts'
import { FileView, openTexts } from './viewer.tsx'

/** The outputs of the pipeline, by the names that it gives them; captions of any of them are tracks of its films. */
export function OutputsOfJob({ answer: { job, outputs, run, steps: rows } }: { readonly answer: JobAnswer }) {
  const [steps, setSteps] = useState<ReadonlyMap<string, StepAnswer>>()
  const wanted = [...new Set(outputs.map(({ step }) => step))].slice(0, stepsMax)
  const key = wanted.join('\n')
  // A run that has ended may have made them anew.
  const [shownRun, setShownRun] = useState('')
  const lastRun = job.state === 'running' ? '' : (run?.id ?? '')
  useEffect(() => {
    let isOver = false
    Promise.all(wanted.map((step) => get<StepAnswer>('api/step', { job: job.id, step }))).then(
      (answers) => {
        if (isOver) return
        setSteps(new Map(answers.map((of) => [of.id, of])))
        if (lastRun !== '') setShownRun(lastRun)
      },
      () => isOver || setSteps(new Map()),
    )
    return () => {
      isOver = true
    }
  }, [job.id, key, lastRun])
  if (outputs.length === 0)
    return <p class="notice">There are outputs when a run has ended; those of single steps are with these.</p>
  if (steps === undefined) return <p class="soft">Reading ...</p>
  const placed = outputs.flatMap(({ name, step, output }) => {
    const files = steps.get(step)?.outputs.find((of) => of.name === output)?.files ?? []
    return files.map((file) => ({ name, placed: { job: job.id, step, output, file } satisfies Placed }))
  })
  const captions = placed.flatMap(({ placed: of }) => (of.file.kind === 'captions' ? [of] : []))
  const isDone = new Map(rows.map(({ id, state }) => [id, state === 'done']))
  const isFannedOut = (of: string) => new Set(outputs.flatMap(({ name, step }) => (name === of ? [step] : []))).size > 1
  const moreOf = (of: string) =>
    Math.max(0, placed.filter(({ name }) => name === of).length - filesMax) +
    outputs.filter(({ name, step }) => name === of && !wanted.includes(step)).length
  const names = [...new Set(placed.map(({ name }) => name))]
  return (
    <>
      {names.map((name) => (
        <section class="card output" key={name}>
          <h2>{name}</h2>
          {placed
            .filter((of) => of.name === name)
            .slice(0, filesMax)
            .map(({ placed: of }, _, all) => (
              <FileView
                key={`${shownRun} ${of.step} ${of.file.entry}`}
                placed={of}
                captions={captions}
                isClosed={all.length > openTexts}
                item={isFannedOut(name) ? itemOf(of.step) : undefined}
                isEarlier={isDone.get(of.step) === false}
              />
            ))}
          <More count={moreOf(name)} />
        </section>
      ))}
    </>
  )
}

function More({ count }: { readonly count: number }) {
  return count === 0 ? null : <p class="soft small below">and {count} more; each is with its step</p>
}

function itemOf(step: string): string {
  const slash = step.indexOf('/')
  return slash === -1 ? step : step.slice(slash + 1)
}

const stepsMax = 40
const filesMax = 40
