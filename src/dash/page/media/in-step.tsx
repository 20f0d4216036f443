import { useEffect, useState } from 'preact/hooks'
import type { ShownFile } from '../../api/messages.ts'
import { Notice } from '../parts/bits.tsx'
import { useKeys } from '../parts/keys.ts'
import { clock } from './draw-wave.ts'

/** How far the second player may be from the first before it is put where that is. */
const apartMax = 0.06

interface InStepProps {
  readonly file: ShownFile
  readonly addresses: readonly [string, string]
}

/** Two players with one clock: they play, stop and seek together, and `x` switches which one is heard. */
export function InStep({ file, addresses }: InStepProps) {
  const [first, setFirst] = useState<HTMLVideoElement | null>(null)
  const [second, setSecond] = useState<HTMLVideoElement | null>(null)
  const [heard, setHeard] = useState(0)
  const [isPlaying, setPlaying] = useState(false)
  const [at, setAt] = useState(0)
  /** Seconds of the longer one; 0 until both are known: a player that has not begun to load cannot be put anywhere. */
  const [length, setLength] = useState(0)
  const [isBroken, setBroken] = useState(false)
  useEffect(() => {
    if (first === null || second === null) return undefined
    const look = () => {
      setAt(first.currentTime)
      const lengths = [first.duration, second.duration]
      setLength(lengths.every(Number.isFinite) ? Math.max(...lengths) : 0)
      if (!first.paused && Math.abs(first.currentTime - second.currentTime) > apartMax && !second.ended)
        second.currentTime = first.currentTime
    }
    const played = () => setPlaying(!first.paused)
    const names = ['timeupdate', 'loadedmetadata', 'seeked'] as const
    for (const name of names) for (const of of [first, second]) of.addEventListener(name, look)
    for (const name of ['play', 'pause', 'ended'] as const) first.addEventListener(name, played)
    look()
    return () => {
      for (const name of names) for (const of of [first, second]) of.removeEventListener(name, look)
      for (const name of ['play', 'pause', 'ended'] as const) first.removeEventListener(name, played)
    }
  }, [first, second])
  useEffect(() => {
    if (first !== null) first.muted = heard !== 0
    if (second !== null) second.muted = heard !== 1
  }, [first, second, heard])
  const toggle = () => {
    if (first === null || second === null) return
    if (first.paused) {
      second.currentTime = first.currentTime
      for (const of of [first, second]) void of.play().catch(() => {})
    } else for (const of of [first, second]) of.pause()
  }
  const seek = (seconds: number) => {
    for (const of of [first, second]) if (of !== null) of.currentTime = seconds
    setAt(seconds)
  }
  const change = () => setHeard(1 - heard)
  useKeys({ x: change, ' ': toggle })
  if (isBroken)
    return (
      <Notice tone="warn">
        This browser cannot play these, or one of them is no longer in the store. The output tab has a preview.
      </Notice>
    )
  const players = [setFirst, setSecond] as const
  return (
    <div class="in-step">
      <div class="pair">
        {players.map((set, index) => (
          <figure key={addresses[index]} class={heard === index ? 'heard' : ''}>
            <figcaption class="small">
              {index === 0 ? 'A' : 'B'} {heard === index ? <b>heard</b> : <span class="soft">muted</span>}
            </figcaption>
            {/* biome-ignore lint/a11y/useMediaCaption: takes are compared by eye and ear */}
            <video
              ref={set}
              class={file.kind === 'audio' ? 'sound' : ''}
              preload="auto"
              src={addresses[index]}
              aria-label={`${file.name}, take ${index === 0 ? 'A' : 'B'}`}
              onError={() => setBroken(true)}
            />
          </figure>
        ))}
      </div>
      <div class="tools">
        <button type="button" class="button plain" onClick={toggle}>
          {isPlaying ? 'Pause' : 'Play both'}
        </button>
        <button type="button" class="button plain" onClick={change}>
          Hear {heard === 0 ? 'B' : 'A'} <kbd>x</kbd>
        </button>
        <input
          type="range"
          min={0}
          max={Math.max(0.1, length)}
          disabled={length === 0}
          step={0.1}
          value={at}
          aria-label="Where both are"
          aria-valuetext={clock(Math.floor(at))}
          onInput={({ currentTarget }) => seek(Number(currentTarget.value))}
        />
        <span class="soft small num">
          {clock(Math.floor(at))} of {clock(Math.floor(length))}
        </span>
      </div>
    </div>
  )
}
