import { signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PeaksAnswer } from '../../api/messages.ts'
import { post, wordsOf } from '../live/server.ts'
import type { Placed } from '../step/placed.ts'
import { clock, drawWave } from './draw-wave.ts'

/** Whether a person has asked for a waveform: then those of other files are measured without asking again. */
const isWanted = signal(false)

/** Counts changes of the cues that are typed; the film's own tracks tell nobody. */
export const cuesTyped = signal(0)

interface Measured {
  readonly values: Uint8Array
  readonly perSecond: number
}

type State =
  | { readonly kind: 'asking' | 'unknown' | 'measuring' }
  | { readonly kind: 'problem'; readonly why: string }
  | { readonly kind: 'measured'; readonly sound: Measured }

interface WaveProps {
  readonly player: HTMLVideoElement | null
  readonly placed: Placed
}

/** The waveform of a film or sound below its player: a click plays from there, and the cues are on it. */
export function Wave({ player, placed: { job, step, output, file } }: WaveProps) {
  const [state, setState] = useState<State>({ kind: 'asking' })
  const ask = (measures: boolean) => {
    setState({ kind: measures ? 'measuring' : 'asking' })
    return post<PeaksAnswer>('api/peaks', { job, step, output, entry: file.entry, measures }).then(
      (answer) => {
        if ('unknown' in answer) {
          if (isWanted.value) void ask(true)
          else setState({ kind: 'unknown' })
        } else {
          const values = Uint8Array.from(atob(answer.peaks), (letter) => letter.charCodeAt(0))
          setState({ kind: 'measured', sound: { values, perSecond: answer.perSecond } })
        }
      },
      (error: unknown) => setState({ kind: 'problem', why: wordsOf(error) }),
    )
  }
  useEffect(() => {
    void ask(false)
  }, [job, step, output, file.entry])
  switch (state.kind) {
    case 'asking':
      return null
    case 'unknown':
      return (
        <p class="below">
          <button
            type="button"
            class="button plain"
            onClick={() => {
              isWanted.value = true
              void ask(true)
            }}
          >
            Draw the waveform
          </button>
        </p>
      )
    case 'measuring':
      return <p class="soft small below">Measuring the sound; an hour takes a few seconds ...</p>
    case 'problem':
      return <p class="soft small below">No waveform: {state.why}.</p>
    case 'measured':
      return player === null ? null : <Drawn player={player} sound={state.sound} name={file.name} />
    default:
      return state satisfies never
  }
}

const spans = [10, 30, 120, 600] as const

function Drawn({
  player,
  sound,
  name,
}: {
  readonly player: HTMLVideoElement
  readonly sound: Measured
  readonly name: string
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [span, setSpan] = useState(1)
  const [at, setAt] = useState(0)
  const whole = Math.max(0.1, sound.values.length / sound.perSecond)
  const wide = Math.min(whole, spans[span] ?? whole)
  /** What is in sight moves only when the playhead leaves it. */
  const left = useRef(0)
  const draw = () => {
    if (canvas.current === null) return
    const now = player.currentTime
    if (now < left.current || now > left.current + wide * 0.95) left.current = now - wide * 0.1
    left.current = Math.max(0, Math.min(left.current, whole - wide))
    const cues = [...player.textTracks].find(({ mode }) => mode === 'showing')?.cues ?? []
    drawWave(canvas.current, {
      ...sound,
      from: left.current,
      to: left.current + wide,
      at: now,
      cues: [...cues],
      wordsOf: textOf,
    })
  }
  useEffect(() => {
    let frame = 0
    const redraw = () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => {
        draw()
        if (!player.paused) redraw()
      })
    }
    const moved = () => {
      setAt(player.currentTime)
      redraw()
    }
    const observer = new ResizeObserver(redraw)
    if (canvas.current !== null) observer.observe(canvas.current)
    const names = ['play', 'timeupdate', 'seeked', 'seeking'] as const
    for (const event of names) player.addEventListener(event, moved)
    // The cues of a track arrive after the film, and another track may be chosen.
    const tracks = player.querySelectorAll('track')
    for (const track of tracks) track.addEventListener('load', redraw)
    player.textTracks.addEventListener('change', redraw)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', redraw)
    const stop = cuesTyped.subscribe(redraw)
    redraw()
    return () => {
      cancelAnimationFrame(frame)
      observer.disconnect()
      for (const event of names) player.removeEventListener(event, moved)
      for (const track of tracks) track.removeEventListener('load', redraw)
      player.textTracks.removeEventListener('change', redraw)
      dark.removeEventListener('change', redraw)
      stop()
    }
  }, [player, sound, wide])
  const seek = (seconds: number) => {
    player.currentTime = Math.max(0, Math.min(whole, seconds))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -wide / 2, PageDown: wide / 2 }[event.key]
    if (by !== undefined) seek(player.currentTime + by)
    else if (event.key === 'Home' || event.key === 'End') seek(event.key === 'Home' ? 0 : whole)
    else if (event.key === ' ') void (player.paused ? player.play().catch(() => {}) : player.pause())
    else return
    event.preventDefault()
  }
  return (
    <div class="wave">
      <canvas
        ref={canvas}
        role="slider"
        tabIndex={0}
        aria-label={`Waveform of ${name}: arrows move, space plays`}
        aria-valuemin={0}
        aria-valuemax={Math.round(whole)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={clock(Math.floor(at))}
        onKeyDown={onKeyDown}
        onClick={({ offsetX, currentTarget }) => seek(left.current + (offsetX / currentTarget.clientWidth) * wide)}
      />
      <p class="wave-tools small soft">
        <span class="num">
          {clock(Math.floor(at))} of {clock(Math.floor(whole))}
        </span>
        <fieldset class="chips">
          <legend class="unseen">How much is in sight</legend>
          {spans
            .filter((seconds) => seconds < whole)
            .map((seconds, index) => (
              <Zoom key={seconds} word={spanText(seconds)} isOn={span === index} choose={() => setSpan(index)} />
            ))}
          <Zoom word="all" isOn={wide === whole} choose={() => setSpan(spans.length)} />
        </fieldset>
      </p>
    </div>
  )
}

function Zoom({ word, isOn, choose }: { readonly word: string; readonly isOn: boolean; readonly choose: () => void }) {
  return (
    <button type="button" class="quiet-button" aria-pressed={isOn} onClick={choose}>
      {word}
    </button>
  )
}

function spanText(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${seconds / 60} min`
}

function textOf(cue: TextTrackCue): string {
  return cue instanceof VTTCue ? cue.text.replace(/<[^>]*>/g, '') : ''
}
