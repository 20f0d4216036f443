import { useEffect, useRef, useState } from 'preact/hooks'
import type { LogAnswer, LogSearch } from '../../api/messages.ts'
import { get, wordsOf } from '../live/server.ts'
import { Notice } from '../parts/bits.tsx'
import { useWindow } from '../parts/window.ts'
import { countText } from '../parts/words.ts'

const lineHeight = 19
/** A short log is drawn no higher than its lines, and what moves it sideways. */
const spareLines = 2
const pageLines = 500
const followMs = 700

interface LogProps {
  readonly job: string
  readonly step: string
  readonly isRunning: boolean
}

/** The log of a step. Lines are read where they are seen; a search is of all of it, and follows stop when one scrolls up. */
export function Log({ job, step, isRunning }: LogProps) {
  const [scrolled, setScrolled] = useState<HTMLElement | null>(null)
  const [total, setTotal] = useState<number>()
  const [isPartial, setPartial] = useState(false)
  const [follows, setFollows] = useState(true)
  const [problem, setProblem] = useState('')
  const [text, setText] = useState('')
  const [found, setFound] = useState<LogSearch>()
  const [at, setAt] = useState(0)
  const pages = useRef(new Map<number, readonly string[]>())
  const [, redraw] = useState(0)
  const { from, to, height, topOf, scrollTo } = useWindow(scrolled, total ?? 0, lineHeight)

  const readPage = async (page: number) => {
    const answer = await get<LogAnswer>('api/log', {
      job,
      step,
      from: String(page * pageLines),
      count: String(pageLines),
    })
    pages.current.set(page, answer.lines)
    setTotal(answer.total)
    setPartial(answer.isPartial === true)
    redraw((count) => count + 1)
    return answer.total
  }
  useEffect(() => {
    pages.current.clear()
    let isOver = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      try {
        const { total: now } = await get<LogAnswer>('api/log', { job, step, from: 'end', count: '1' })
        if (isOver) return
        // The last page may have gained lines.
        await readPage(Math.max(0, Math.floor((now - 1) / pageLines)))
        setProblem('')
      } catch (error) {
        if (!isOver) setProblem(wordsOf(error))
      }
      if (isRunning && !isOver) timer = setTimeout(() => void look(), followMs)
    }
    void look()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [job, step, isRunning])
  useEffect(() => {
    for (let page = Math.floor(from / pageLines); page * pageLines < to; page++) {
      if (pages.current.has(page)) continue
      pages.current.set(page, [])
      readPage(page).catch((error: unknown) => setProblem(wordsOf(error)))
    }
  }, [from, to])
  useEffect(() => {
    if (follows && scrolled !== null && text === '') scrolled.scrollTop = scrolled.scrollHeight
  }, [total, follows, scrolled])
  useEffect(() => {
    if (text === '') {
      setFound(undefined)
      return undefined
    }
    let isOver = false
    const timer = setTimeout(() => {
      get<LogSearch>('api/log-search', { job, step, text }).then(
        (answer) => {
          if (isOver) return
          setFound(answer)
          goTo(answer, 0)
        },
        (error: unknown) => setProblem(wordsOf(error)),
      )
    }, 150)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [text, job, step])
  const goTo = (search: LogSearch, index: number) => {
    const line = search.hits[index]
    if (line === undefined || scrolled === null) return
    setAt(index)
    setFollows(false)
    scrolled.scrollTop = scrollTo(Math.max(0, line - Math.floor(scrolled.clientHeight / lineHeight / 3)))
  }
  const move = (by: number) => {
    if (found !== undefined && found.hits.length > 0) goTo(found, (at + by + found.hits.length) % found.hits.length)
  }
  const onScroll = () => {
    if (scrolled === null) return
    const isAtEnd = scrolled.scrollTop + scrolled.clientHeight > scrolled.scrollHeight - 2 * lineHeight
    if (isAtEnd !== follows && text === '') setFollows(isAtEnd)
  }
  const lines = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
  const current = found?.hits[at]
  return (
    <div class="log">
      <div class="tools">
        <input
          type="search"
          placeholder="Search the whole log"
          aria-label="Search the whole log"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={({ key, shiftKey }) => key === 'Enter' && move(shiftKey ? -1 : 1)}
        />
        <span class="soft small" role="status">
          {found === undefined
            ? total === undefined
              ? ''
              : countText(total, 'line')
            : found.count === 0
              ? 'not found'
              : `${at + 1} of ${found.count}`}
        </span>
        {found !== undefined && found.count > 1 ? (
          <>
            <button type="button" class="quiet-button" onClick={() => move(-1)}>
              previous
            </button>
            <button type="button" class="quiet-button" onClick={() => move(1)}>
              next
            </button>
          </>
        ) : null}
        {isRunning ? (
          <button type="button" class="quiet-button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
            {follows ? 'following' : 'follow'}
          </button>
        ) : null}
      </div>
      {problem === '' ? null : <Notice tone="bad">{problem}</Notice>}
      {isPartial ? (
        <p class="soft small">
          {isRunning
            ? 'What the stage says; what its programs print is added when the step ends.'
            : 'What the stage said; the run was killed before what its programs printed was added.'}
        </p>
      ) : null}
      {total === 0 ? (
        <p class="soft">{isRunning ? 'It has said nothing yet.' : 'The log is empty.'}</p>
      ) : (
        <section
          class="log-scroll"
          style={{ height: `min(60vh, 640px, ${((total ?? 0) + spareLines) * lineHeight}px)` }}
          ref={setScrolled}
          onScroll={onScroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
          tabIndex={0}
          aria-label="Log"
        >
          <div class="log-lines" style={{ height: `${height}px` }}>
            {lines.map((line) => (
              <div
                key={line}
                class={line === current ? 'log-line found' : 'log-line'}
                style={{ transform: `translateY(${topOf(line)}px)` }}
              >
                <span class="log-number">{line + 1}</span>
                <Marked text={pages.current.get(Math.floor(line / pageLines))?.[line % pageLines] ?? ''} found={text} />
              </div>
            ))}
          </div>
        </section>
      )}
    </div>
  )
}

function Marked({ text, found }: { readonly text: string; readonly found: string }) {
  const at = found === '' ? -1 : text.toLowerCase().indexOf(found.toLowerCase())
  if (at === -1) return <span>{text}</span>
  return (
    <span>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + found.length)}</mark>
      {text.slice(at + found.length)}
    </span>
  )
}
