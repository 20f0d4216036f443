import { useState } from 'preact/hooks'
import type { ShownFile, StepAnswer, TakeRow } from '../../api/messages.ts'
import { useKeys } from '../parts/keys.ts'
import { durationText, sizeText } from '../parts/words.ts'
import { addressOf, type Placed } from '../step/placed.ts'
import { InStep } from './in-step.tsx'
import { TextDiff } from './text-diff.tsx'

/** The takes of a step, and two of them beside each other, played in step. */
export function Takes({ detail, job }: { readonly detail: StepAnswer; readonly job: string }) {
  const takes = detail.takes.filter(({ step }) => step === detail.id)
  const there = takes.filter(({ gone }) => gone === undefined)
  const used = there.find(({ isCurrent }) => isCurrent)?.take ?? there.at(-1)?.take ?? 1
  const other = there.filter(({ take }) => take !== used).at(-1)?.take
  const [pair, setPair] = useState<readonly [number, number]>()
  const [a, b] = pair ?? [other ?? used, used]
  if (detail.takes.length === 0) return <p class="soft">The store knows no result of this step yet.</p>
  return (
    <>
      <TakesTable takes={detail.takes} />
      {there.length < 2 ? null : (
        <section class="output" aria-label="Two takes beside each other">
          <div class="tools">
            <Choice name="A" takes={there} chosen={a} choose={(take) => setPair([take, b])} />
            <Choice name="B" takes={there} chosen={b} choose={(take) => setPair([a, take])} />
          </div>
          <Compared
            key={`${a} ${b}`}
            detail={detail}
            job={job}
            pair={[a, b].map((take) => (take === used ? undefined : take))}
          />
        </section>
      )}
    </>
  )
}

function TakesTable({ takes }: { readonly takes: readonly TakeRow[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Take</th>
          <th>Made</th>
          <th class="num">Took</th>
          <th class="num">Size</th>
        </tr>
      </thead>
      <tbody>
        {takes.map(({ step, take, isCurrent, producedAt, ms, sizeBytes, gone }) => (
          <tr key={`${step} ${take}`}>
            <td>
              {take} {isCurrent && gone === undefined ? <span class="tag good">used</span> : null}
            </td>
            <td>{gone ?? producedAt?.slice(0, 19).replace('T', ' ')}</td>
            <td class="num">{ms === undefined ? '' : durationText(ms)}</td>
            <td class="num">{sizeBytes === undefined ? '' : sizeText(sizeBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly takes: readonly TakeRow[]
  readonly chosen: number
  readonly choose: (take: number) => void
}

function Choice({ name, takes, chosen, choose }: ChoiceProps) {
  return (
    <label class="small">
      {name}{' '}
      <select value={chosen} onChange={({ currentTarget }) => choose(Number(currentTarget.value))}>
        {takes.map(({ take, isCurrent }) => (
          <option key={take} value={take}>
            take {take}
            {isCurrent ? ' (used)' : ''}
          </option>
        ))}
      </select>
    </label>
  )
}

const filesMax = 12

interface ComparedProps {
  readonly detail: StepAnswer
  readonly job: string
  /** Which result each is; undefined for that which the job has. */
  readonly pair: readonly (number | 'before' | undefined)[]
}

/** Each file of the outputs as both results have it. */
export function Compared({ detail, job, pair }: ComparedProps) {
  const files = detail.outputs.flatMap(({ name, files: of }) =>
    of.map((file) => ({ job, step: detail.id, output: name, file }) satisfies Placed),
  )
  return (
    <>
      {files.slice(0, filesMax).map((placed) => (
        <div key={`${placed.output} ${placed.file.entry}`} class="file-view">
          <p class="file">
            <b>{placed.file.name}</b>
          </p>
          <Pair file={placed.file} addresses={[addressOf(placed, pair[0]), addressOf(placed, pair[1])]} />
        </div>
      ))}
    </>
  )
}

function Pair({ file, addresses }: { readonly file: ShownFile; readonly addresses: readonly [string, string] }) {
  switch (file.kind) {
    case 'video':
    case 'audio':
      return <InStep file={file} addresses={addresses} />
    case 'image':
      return <Pictures file={file} addresses={addresses} />
    case 'captions':
    case 'text':
    case 'json':
      return <TextDiff addresses={addresses} />
    case 'other':
      return <p class="soft small">The browser cannot show this.</p>
    default:
      return file.kind satisfies never
  }
}

/** Two pictures in one place: `x` switches between them. */
function Pictures({ file, addresses }: { readonly file: ShownFile; readonly addresses: readonly [string, string] }) {
  const [shown, setShown] = useState(0)
  useKeys({ x: () => setShown(1 - shown) })
  return (
    <div>
      <p class="actions">
        <button type="button" class="button plain" onClick={() => setShown(1 - shown)}>
          {shown === 0 ? 'A' : 'B'} is shown; switch <kbd>x</kbd>
        </button>
      </p>
      {addresses.map((address, index) => (
        <img
          key={address}
          src={address}
          alt={`${file.name}, take ${index === 0 ? 'A' : 'B'}`}
          hidden={index !== shown}
        />
      ))}
    </div>
  )
}
