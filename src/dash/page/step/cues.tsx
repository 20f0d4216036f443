import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { Editor } from '../edit/editor.tsx'
import { kept } from '../edit/kept.ts'
import { keyOf, type TrackName } from '../edit/session.ts'
import { openJob } from '../job/job-store.ts'
import { Notice } from '../parts/bits.tsx'

interface Cue {
  readonly start: number
  readonly text: string
}

/** The track that is edited, and beside which film; it stays open where the film is shown anew. */
const edited = signal('')

interface CuesProps {
  readonly player: HTMLVideoElement | null
  /** The tracks of the player, in its order. */
  readonly names: readonly TrackName[]
  /** Tells the film from others on the page. */
  readonly film: string
}

/** The cues of the track that is shown, beside the film; one plays from where it is clicked. */
export function Cues({ player, names, film }: CuesProps) {
  const [track, setTrack] = useState(0)
  const [cues, setCues] = useState<readonly Cue[]>([])
  const [at, setAt] = useState(-1)
  useEffect(() => {
    if (player === null) return undefined
    const tracks = [...player.textTracks]
    for (const [index, of] of tracks.entries()) of.mode = index === track ? 'showing' : 'disabled'
    const element = player.querySelectorAll('track')[track]
    const read = () => setCues([...(tracks[track]?.cues ?? [])].map(cueOf))
    read()
    element?.addEventListener('load', read)
    return () => element?.removeEventListener('load', read)
  }, [player, track])
  useEffect(() => {
    if (player === null) return undefined
    const look = () => setAt(cues.findLastIndex(({ start }) => start <= player.currentTime + 0.01))
    player.addEventListener('timeupdate', look)
    return () => player.removeEventListener('timeupdate', look)
  }, [player, cues])
  if (player === null) return null
  const labels = [...player.textTracks].map(({ label }) => label)
  const play = (start: number) => {
    player.currentTime = start
    void player.play().catch(() => {})
  }
  const name = names[track]
  const key = name === undefined ? '' : keyOf(name)
  const shown = openJob.value
  const canEdit = shown.kind === 'read' && name !== undefined && shown.answer.editable === name.step
  const isEdited = key !== '' && edited.value === `${key} ${film}`
  return (
    <div class="cues">
      <div class="tools">
        {labels.length > 1 ? (
          <label class="small">
            Subtitles{' '}
            <select value={track} onChange={({ currentTarget }) => setTrack(Number(currentTarget.value))}>
              {labels.map((label, index) => (
                <option key={label} value={index}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        {isEdited || !canEdit ? null : (
          <button
            type="button"
            class="button plain"
            onClick={() => {
              edited.value = `${key} ${film}`
            }}
          >
            Edit these subtitles
          </button>
        )}
      </div>
      {!isEdited && kept(key) !== undefined ? (
        <Notice tone="warn">What you typed in this track is not saved yet. Edit it again to go on.</Notice>
      ) : null}
      {isEdited && name !== undefined ? (
        <Editor
          key={key}
          name={name}
          player={player}
          track={player.textTracks[track]}
          close={() => {
            edited.value = ''
          }}
        />
      ) : (
        <ol>
          {cues.map(({ start, text }, index) => (
            <li key={`${start} ${text}`}>
              <button type="button" aria-current={index === at} onClick={() => play(start)}>
                <span class="soft num">{clock(start)}</span> {text}
              </button>
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

/** Cues are shown as text: what stands in angle brackets is styling. */
function cueOf(cue: TextTrackCue): Cue {
  const text = cue instanceof VTTCue ? cue.text : ''
  return { start: cue.startTime, text: text.replace(/<[^>]*>/g, '') }
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(whole % 60)}`
}
