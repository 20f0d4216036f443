import { Component } from 'preact'
import { useState } from 'preact/hooks'
import { type Cue, type Limits, measures, timeOf, timeText, unfitness } from './cues.ts'

export interface RowActions {
  choose(index: number): void
  change(index: number, cue: Cue, field: 'text' | 'start' | 'end'): void
  next(): void
  play(): void
  split(at: number): void
  merge(): void
  remove(): void
  add(): void
  /** Sets a time to where the film is. */
  here(end: 'startMs' | 'endMs'): void
  undo(way: 'undo' | 'redo'): void
}

interface RowProps {
  readonly cue: Cue
  readonly next: Cue | undefined
  readonly index: number
  readonly isChosen: boolean
  readonly limits: Limits
  readonly actions: RowActions
}

/** A row is drawn anew only where its cue, the next one or the choice changed: there are thousands. */
export class CueRow extends Component<RowProps> {
  override shouldComponentUpdate(after: RowProps): boolean {
    const { cue, next, isChosen, limits } = this.props
    const isSame = after.cue === cue && after.next === next && after.isChosen === isChosen && after.limits === limits
    return !isSame || isChosen
  }

  override render() {
    const { cue, next, index, isChosen, limits, actions } = this.props
    if (isChosen)
      return (
        <li class="chosen">
          <Fields cue={cue} index={index} actions={actions} />
          <Measures cue={cue} next={next} limits={limits} />
        </li>
      )
    return (
      <li>
        <button type="button" class="cue" onClick={() => actions.choose(index)}>
          <span class="soft num">{timeText(cue.startMs)}</span> {cue.text.replaceAll('\n', ' / ')}
        </button>
        <Measures cue={cue} next={next} limits={limits} />
      </li>
    )
  }
}

function Fields({ cue, index, actions }: Pick<RowProps, 'cue' | 'index' | 'actions'>) {
  const onKey = (event: KeyboardEvent & { readonly currentTarget: HTMLTextAreaElement }) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey, currentTarget: field } = event
    const act = () => {
      if (key === 'Enter' && shiftKey) return actions.split(field.selectionStart)
      if (key === 'Enter' && (ctrlKey || metaKey || altKey)) {
        field.setRangeText('\n', field.selectionStart, field.selectionEnd, 'end')
        return actions.change(index, { ...cue, text: field.value }, 'text')
      }
      if (key === 'Enter') return actions.next()
      if (key === 'a' && altKey) return actions.play()
      if (key === 'Escape') return field.blur()
      return 'not ours'
    }
    if (event.isComposing || act() === 'not ours') return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: undo is of the fields within
    <div
      class="cue-fields"
      onKeyDown={(event) => {
        const isUndo = (event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)
        if (!isUndo) return
        event.preventDefault()
        actions.undo(event.shiftKey || event.key.toLowerCase() === 'y' ? 'redo' : 'undo')
      }}
    >
      <div class="cue-times">
        <TimeField
          label="Start"
          ms={cue.startMs}
          change={(startMs) => actions.change(index, { ...cue, startMs }, 'start')}
        />
        <TimeField label="End" ms={cue.endMs} change={(endMs) => actions.change(index, { ...cue, endMs }, 'end')} />
      </div>
      <textarea
        rows={Math.max(2, cue.text.split('\n').length)}
        aria-label={`Text of cue ${index + 1}`}
        aria-invalid={unfitness(cue) !== undefined}
        value={cue.text}
        onInput={({ currentTarget }) => actions.change(index, { ...cue, text: currentTarget.value }, 'text')}
        onKeyDown={onKey}
      />
      <div class="cue-buttons">
        <Button does="Play" act={actions.play} />
        <Button
          does="Split"
          act={(field) => actions.split(field?.selectionStart ?? 0)}
          title="Split at the cursor: Shift Enter"
        />
        <Button does="Merge with next" act={actions.merge} />
        <Button does="Add after" act={actions.add} />
        <Button does="Delete" act={actions.remove} />
      </div>
    </div>
  )
}

interface ButtonProps {
  readonly does: string
  readonly act: (field: HTMLTextAreaElement | null | undefined) => void
  readonly title?: string
}

function Button({ does, act, title }: ButtonProps) {
  return (
    <button
      type="button"
      class="quiet-button"
      title={title}
      onClick={({ currentTarget }) => act(currentTarget.closest('li')?.querySelector('textarea'))}
    >
      {does}
    </button>
  )
}

function TimeField(props: { readonly label: string; readonly ms: number; readonly change: (ms: number) => void }) {
  const { label, ms, change } = props
  const [typed, setTyped] = useState<string>()
  return (
    <label class="small">
      {label}{' '}
      <input
        class="num"
        inputMode="decimal"
        value={typed ?? timeText(ms)}
        aria-invalid={typed !== undefined && timeOf(typed) === undefined}
        onInput={({ currentTarget: { value } }) => {
          setTyped(value)
          const time = timeOf(value)
          if (time !== undefined) change(time)
        }}
        onBlur={() => setTyped(undefined)}
      />
    </label>
  )
}

function Measures({ cue, next, limits }: Pick<RowProps, 'cue' | 'next' | 'limits'>) {
  return (
    <p class="measures small soft num">
      {measures(cue, next, limits).map(({ text, over }) =>
        over === undefined ? (
          <span key={text}>{text}</span>
        ) : (
          <span key={text} class="over">
            <b aria-hidden="true">▲</b> {text} {over}
          </span>
        ),
      )}
    </p>
  )
}
