import { useEffect, useRef, useState } from 'preact/hooks'
import type { ShownFile, StepOutput } from '../../api/messages.ts'
import { openJob } from '../job/job-store.ts'
import { Unplayable } from '../media/preview.tsx'
import { Wave } from '../media/wave.tsx'
import { Notice } from '../parts/bits.tsx'
import { sizeText } from '../parts/words.ts'
import { Cues } from './cues.tsx'
import { addressOf, type Placed } from './placed.ts'

const textMax = 200_000
const filesShown = 12
/** The texts of more files than this are closed. */
export const openTexts = 2

interface OutputProps {
  readonly job: string
  readonly step: string
  readonly output: StepOutput
  /** All outputs of the step: captions among them are tracks of its films. */
  readonly others: readonly StepOutput[]
  readonly title?: string
}

/** An output: played, drawn or read where the browser can, and a link to each file. */
export function OutputView({ job, step, output, others, title = output.name }: OutputProps) {
  const [all, setAll] = useState(false)
  const captions = others.flatMap(({ name, files }) =>
    files.filter(({ kind }) => kind === 'captions').map((file) => ({ job, step, output: name, file })),
  )
  const shown = all ? output.files : output.files.slice(0, filesShown)
  const hidden = output.files.length - shown.length
  return (
    <section class="output">
      <h3>{title}</h3>
      {shown.map((file) => (
        <FileView
          key={file.entry}
          placed={{ job, step, output: output.name, file }}
          captions={captions}
          isClosed={output.files.length > openTexts}
        />
      ))}
      {hidden > 0 ? (
        <button type="button" class="quiet-button" onClick={() => setAll(true)}>
          {hidden} more files
        </button>
      ) : null}
      {output.more > 0 ? <p class="soft small">and {output.more} more in the job directory</p> : null}
    </section>
  )
}

interface FileProps {
  readonly placed: Placed
  readonly captions: readonly Placed[]
  /** Whether texts are shown only when they are asked for, as where there are many. */
  readonly isClosed?: boolean
  /** The item of a fan-out that made it, beside its name. */
  readonly item?: string | undefined
  /** Whether the step runs anew, so that the file is what an earlier run made. */
  readonly isEarlier?: boolean
}

export function FileView({ placed, captions, isClosed = false, item, isEarlier = false }: FileProps) {
  const { file } = placed
  const address = addressOf(placed)
  return (
    <div class="file-view">
      <p class="file">
        {item === undefined ? null : <b>{item} </b>}
        <a href={address} download={file.name}>
          {file.name}
        </a>{' '}
        <span class="soft small num">{sizeText(file.sizeBytes)}</span>{' '}
        {isEarlier ? <span class="tag">of an earlier run</span> : null}
      </p>
      <Content placed={placed} captions={captions} isClosed={isClosed} />
    </div>
  )
}

function Content({ placed, captions, isClosed = false }: FileProps) {
  const { file } = placed
  const address = addressOf(placed)
  switch (file.kind) {
    case 'video':
    case 'audio':
      return <Player placed={placed} captions={captions} />
    case 'image':
      return <img src={address} alt={file.name} loading="lazy" />
    case 'captions':
    case 'text':
    case 'json':
      return <Text address={address} file={file} isClosed={isClosed} />
    case 'other':
      return <p class="soft small">The browser cannot show this; the link downloads it.</p>
    default:
      return file.kind satisfies never
  }
}

function Player({ placed, captions }: { readonly placed: Placed; readonly captions: readonly Placed[] }) {
  const [isBroken, setBroken] = useState(false)
  const [player, setPlayer] = useState<HTMLVideoElement | null>(null)
  const address = addressOf(placed)
  const { file } = placed
  const shown = openJob.value
  const path = shown.kind === 'read' ? `${shown.answer.job.word}/${file.word}` : undefined
  return (
    <>
      {isBroken ? <Unplayable placed={placed} path={path} /> : null}
      {/* biome-ignore lint/a11y/useMediaCaption: captions are tracks where the step made any */}
      <video
        ref={setPlayer}
        class={file.kind === 'audio' ? 'sound' : ''}
        controls
        preload="metadata"
        src={address}
        hidden={isBroken}
        aria-label={file.name}
        onError={() => setBroken(true)}
        onLoadedMetadata={({ currentTarget }) => {
          // A film whose pictures the browser cannot decode has sound and no size.
          if (file.kind === 'video' && currentTarget.videoWidth === 0) setBroken(true)
        }}
      >
        {captions.map((caption, index) => {
          const name = caption.file.name.replace(/\.vtt$/i, '')
          return (
            <track
              key={addressOf(caption)}
              kind="subtitles"
              label={name}
              srclang={/^[a-z]{2,3}(-\w+)?$/i.exec(name.split('.').at(-1) ?? '')?.[0] ?? 'und'}
              src={addressOf(caption)}
              default={index === 0}
            />
          )
        })}
      </video>
      {isBroken ? null : <Wave player={player} placed={placed} />}
      {captions.length > 0 && !isBroken ? <Cues player={player} names={captions.map(nameOf)} film={address} /> : null}
    </>
  )
}

function nameOf({ job, step, file }: Placed) {
  return { job, step, stem: file.name.replace(/\.\w+$/, '') }
}

interface TextProps {
  readonly address: string
  readonly file: ShownFile
  readonly isClosed: boolean
}

function Text({ address, file, isClosed }: TextProps) {
  const [text, setText] = useState<string>()
  const [problem, setProblem] = useState('')
  const [isOpen, setOpen] = useState(file.sizeBytes < 20_000 && !isClosed)
  const isAsked = useRef(false)
  useEffect(() => {
    if (!isOpen || isAsked.current) return
    isAsked.current = true
    // The first part of a long file; the rest is behind the link.
    fetch(address, file.sizeBytes > textMax ? { headers: { range: `bytes=0-${textMax - 1}` } } : {})
      .then(async (answer) => {
        if (!answer.ok) throw new Error('the file is gone; run the job again to bring it back from the store')
        const whole = await answer.text()
        setText(file.kind === 'json' && file.sizeBytes <= textMax ? pretty(whole) : whole)
      })
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
  }, [isOpen, address])
  if (problem !== '') return <Notice tone="bad">{problem}</Notice>
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="soft small">{isOpen ? 'text' : 'show the text'}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre tabIndex={0}>{text ?? 'Reading ...'}</pre>
      {file.sizeBytes > textMax ? <p class="soft small">only the first {sizeText(textMax)}</p> : null}
    </details>
  )
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
