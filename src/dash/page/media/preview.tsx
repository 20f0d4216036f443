import { useState } from 'preact/hooks'
import type { PreviewAnswer } from '../../api/messages.ts'
import { post, wordsOf } from '../live/server.ts'
import { Command, Notice } from '../parts/bits.tsx'
import { durationText } from '../parts/words.ts'
import type { Placed } from '../step/placed.ts'
import { clock } from './draw-wave.ts'

const formats: Readonly<Record<string, string>> = {
  mkv: 'Matroska films (.mkv)',
  mov: 'QuickTime films (.mov)',
  avi: 'AVI films',
  ac3: 'Dolby Digital sound (.ac3)',
  eac3: 'Dolby Digital Plus sound (.eac3)',
  flac: 'FLAC sound',
}

interface PreviewProps {
  readonly placed: Placed
  /** The job directory and the file's place in it, as a command line has it, where that is known. */
  readonly path: string | undefined
}

type State =
  | { readonly kind: 'idle' | 'making' }
  | { readonly kind: 'problem'; readonly why: string }
  | { readonly kind: 'made'; readonly preview: PreviewAnswer }

/** What a browser cannot play: said in words, with a command that plays it, and a small copy of a part of it. */
export function Unplayable({ placed: { job, step, output, file }, path }: PreviewProps) {
  const [state, setState] = useState<State>({ kind: 'idle' })
  const [from, setFrom] = useState('0:00')
  const ending = file.name.split('.').at(-1)?.toLowerCase() ?? ''
  const seconds = secondsOf(from)
  const make = (start: number) => {
    setFrom(clock(start))
    setState({ kind: 'making' })
    post<PreviewAnswer>('api/preview', { job, step, output, entry: file.entry, from: start }).then(
      (preview) => setState({ kind: 'made', preview }),
      (error: unknown) => setState({ kind: 'problem', why: wordsOf(error) }),
    )
  }
  return (
    <Notice tone="warn">
      <p>
        This browser does not play {formats[ending] ?? `this .${ending} file`}, or not its codec. The file itself is
        whole.
      </p>
      {path === undefined ? null : (
        <p class="below">
          <Command line={`ffplay ${path}`} /> <span class="soft small">plays it; so do VLC and mpv</span>
        </p>
      )}
      <p class="actions">
        <label class="small">
          From{' '}
          <input
            class="time"
            value={from}
            aria-invalid={seconds === undefined}
            onInput={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        </label>
        <button
          type="button"
          class="button plain"
          disabled={state.kind === 'making' || seconds === undefined}
          onClick={() => seconds !== undefined && make(seconds)}
        >
          {state.kind === 'making' ? 'Making a preview ...' : 'Make a preview'}
        </button>
      </p>
      {state.kind === 'problem' ? <p class="bad">{state.why}.</p> : null}
      {state.kind === 'made' ? <Preview preview={state.preview} name={file.name} next={make} /> : null}
    </Notice>
  )
}

interface MadeProps {
  readonly preview: PreviewAnswer
  readonly name: string
  readonly next: (from: number) => void
}

function Preview({ preview: { key, kind, fromSeconds, seconds }, name, next }: MadeProps) {
  return (
    <>
      <p class="soft small below">
        A small copy of at most {durationText(seconds * 1000)} from {clock(fromSeconds)}: its picture and sound are
        worse than those of the file.{' '}
        <button type="button" class="quiet-button" onClick={() => next(fromSeconds + seconds)}>
          the next part
        </button>
      </p>
      {/* biome-ignore lint/a11y/useMediaCaption: a preview of what has none that a browser reads */}
      <video
        key={key}
        controls
        class={kind === 'audio' ? 'sound' : ''}
        src={`previews?key=${key}`}
        aria-label={`Preview of ${name}`}
      />
    </>
  )
}

/** Reads `90`, `1:30` and `1:01:30`. */
function secondsOf(text: string): number | undefined {
  if (!/^\d{1,3}(:\d{1,2}){0,2}$/.test(text.trim())) return undefined
  return text
    .trim()
    .split(':')
    .reduce((sum, part) => 60 * sum + Number(part), 0)
}
