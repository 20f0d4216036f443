import { useEffect, useRef, useState } from 'preact/hooks'
import { PlanPanel } from '../act/plan-panel.tsx'
import { TrustNotice } from '../act/trust.tsx'
import { openJob } from '../job/job-store.ts'
import { announced, Notice } from '../parts/bits.tsx'
import { useKeys } from '../parts/keys.ts'
import { Conflicts, Lost } from './conflicts.tsx'
import { CueRow, type RowActions } from './cue-row.tsx'
import { between, type Cue, merged, split } from './cues.ts'
import { type EditSession, type Saving, sessionOf, type TrackName } from './session.ts'
import { showIn } from './show-in.ts'

interface EditorProps {
  readonly name: TrackName
  readonly player: HTMLVideoElement
  readonly track: TextTrack | undefined
  readonly close: () => void
}

/** The cues of a track, which a person corrects while the film plays. */
export function Editor({ name, player, track, close }: EditorProps) {
  const session = sessionOf(name)
  const open = openJob.value
  const job = open.kind === 'read' ? open.answer : undefined
  const isRunning = job?.job.state === 'running'
  // A run that has ended may have changed what is computed.
  useEffect(() => {
    if (!isRunning) void session.read()
  }, [session, isRunning, job?.run?.id])
  const phase = session.phase.value
  if (phase.kind === 'reading') return <p class="soft below">Reading what can be edited ...</p>
  if (phase.kind === 'trust') return <TrustNotice config={phase.config} trust={() => session.trust(phase.config)} />
  if (phase.kind === 'problem') return <Notice tone="warn">{phase.why}</Notice>
  return <Opened session={session} job={name.job} isRunning={isRunning} player={player} track={track} close={close} />
}

interface OpenedProps {
  readonly session: EditSession
  readonly job: string
  readonly isRunning: boolean
  readonly player: HTMLVideoElement
  readonly track: TextTrack | undefined
  readonly close: () => void
}

function Opened({ session, job, isRunning, player, track, close }: OpenedProps) {
  const [helps, setHelps] = useState(false)
  const list = useRef<HTMLOListElement>(null)
  const [focus, setFocus] = useState(0)
  const cues = session.cues.value
  const chosen = session.chosen.value
  const saving = session.saving.value
  const revision = session.revision.value
  useEffect(() => showIn(track, cues), [track, cues])
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (session.saving.value.kind !== 'saved') event.preventDefault()
    }
    addEventListener('beforeunload', onLeave)
    return () => removeEventListener('beforeunload', onLeave)
  }, [session])
  useEffect(() => {
    if (focus > 0) list.current?.querySelector('textarea')?.focus()
  }, [focus])
  const go = (index: number) => {
    session.choose(index)
    setFocus((count) => count + 1)
  }
  const put = (at: number, count: number, made: readonly Cue[], chosenNow: number) => {
    const { value } = session.cues
    session.change([...value.slice(0, at), ...made, ...value.slice(at + count)], chosenNow)
    setFocus((count) => count + 1)
  }
  const actions: RowActions = {
    choose: go,
    change: (index, cue, field) => session.changeCue(index, cue, `${field} ${index}`),
    next: () => go(session.chosen.value + 1),
    play: () => playCue(player, session.cues.value[session.chosen.value]),
    split(at) {
      const index = session.chosen.value
      const cue = session.cues.value[index]
      const two = cue === undefined ? undefined : split(cue, at)
      if (two === undefined) announced.value = 'there are no words on one side of the cursor'
      else put(index, 1, two, index + 1)
    },
    merge() {
      const index = session.chosen.value
      const [one, next] = session.cues.value.slice(index, index + 2)
      if (one !== undefined && next !== undefined) put(index, 2, [merged(one, next, session.limits)], index)
    },
    remove: () => put(session.chosen.value, 1, [], session.chosen.value),
    add() {
      const index = session.chosen.value
      const [one, next] = session.cues.value.slice(index, index + 2)
      const made = between(one, next, session.limits)
      if (made === undefined) announced.value = 'there is no room before the next cue'
      else put(one === undefined ? 0 : index + 1, 0, [made], index + 1)
    },
    here(end) {
      const index = session.chosen.value
      const cue = session.cues.value[index]
      const ms = Math.round(player.currentTime * 1000)
      if (cue !== undefined) session.changeCue(index, { ...cue, [end]: ms })
    },
    undo: (way) => session.undo(way),
  }
  useKeys({
    a: actions.play,
    '[': () => actions.here('startMs'),
    ']': () => actions.here('endMs'),
    '?': () => setHelps(!helps),
  })
  return (
    <section class="editor" aria-label="Edit the subtitles">
      <div class="tools">
        <SavingWords saving={saving} />
        <button type="button" class="quiet-button" onClick={() => session.undo('undo')}>
          Undo
        </button>
        <button type="button" class="quiet-button" onClick={() => session.undo('redo')}>
          Redo
        </button>
        <button type="button" class="quiet-button" aria-expanded={helps} onClick={() => setHelps(!helps)}>
          Keys <kbd>?</kbd>
        </button>
        <button type="button" class="quiet-button" onClick={close}>
          Close the editor
        </button>
      </div>
      {helps ? <Help /> : null}
      <Conflicts session={session} />
      <Lost session={session} />
      <ol ref={list}>
        {cues.map((cue, index) => (
          <CueRow
            // A cue has no name, and the one that is typed in stays in its place.
            key={index}
            cue={cue}
            next={cues[index + 1]}
            index={index}
            isChosen={index === chosen}
            limits={session.limits}
            actions={actions}
          />
        ))}
      </ol>
      {cues.length === 0 ? (
        <button type="button" class="button plain" onClick={actions.add}>
          Add a cue
        </button>
      ) : null}
      {isRunning ? (
        <p class="soft below">The job runs; the next run takes what you change meanwhile.</p>
      ) : revision > 0 && saving.kind === 'saved' ? (
        <PlanPanel
          key={revision}
          order={{ kind: 'resume', job }}
          verb="Run with these corrections"
          nothing="The outputs have all corrections."
          trusts={session.trusts}
        />
      ) : null}
    </section>
  )
}

function SavingWords({ saving }: { readonly saving: Saving }) {
  switch (saving.kind) {
    case 'saved':
      return (
        <p class="saving done">
          <b aria-hidden="true">✓</b> {saving.at === undefined ? 'Nothing to save' : 'Saved as a correction'}
        </p>
      )
    case 'saving':
      return <p class="saving soft">Saving ...</p>
    case 'waiting':
      return <p class="saving over">▲ Not saved: {saving.why}</p>
    case 'failed':
      return (
        <p class="saving over">
          ▲ Not saved: {saving.why}{' '}
          {saving.isKept
            ? 'What you typed is kept in this tab, and saved as soon as it can be.'
            : 'Do not close this tab.'}
        </p>
      )
    default:
      return saving satisfies never
  }
}

const keys = [
  ['Enter', 'next cue'],
  ['Shift Enter', 'split at the cursor'],
  ['Ctrl Enter', 'new line'],
  ['Ctrl Z, Ctrl Shift Z', 'undo, redo'],
  ['Esc', 'leave the text; then:'],
  ['a', 'play this cue (Alt A in the text)'],
  ['[ ]', 'start or end where the film is'],
  ['?', 'show these keys'],
] as const

function Help() {
  return (
    <dl class="keys">
      {keys.map(([key, does]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  )
}

function playCue(player: HTMLVideoElement, cue: Cue | undefined): void {
  if (cue === undefined) return
  const end = () => {
    if (player.currentTime * 1000 < cue.endMs && !player.seeking) return
    player.removeEventListener('timeupdate', end)
    if (player.currentTime * 1000 < cue.endMs + 1000) player.pause()
  }
  player.currentTime = cue.startMs / 1000
  player.addEventListener('timeupdate', end)
  void player.play().catch(() => player.removeEventListener('timeupdate', end))
}
