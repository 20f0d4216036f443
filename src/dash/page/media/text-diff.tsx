import { useEffect, useState } from 'preact/hooks'
import { Notice } from '../parts/bits.tsx'
import { diffOf, type Piece } from './word-diff.ts'

const textMax = 60_000

/** Two texts as one, with the words that only one of them has. */
export function TextDiff({ addresses: [a, b] }: { readonly addresses: readonly [string, string] }) {
  const [pieces, setPieces] = useState<readonly Piece[]>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    let isOver = false
    Promise.all([read(a), read(b)]).then(
      ([before, after]) => isOver || setPieces(diffOf(before, after)),
      (error: unknown) => isOver || setProblem(error instanceof Error ? error.message : String(error)),
    )
    return () => {
      isOver = true
    }
  }, [a, b])
  if (problem !== '') return <Notice tone="warn">{problem}</Notice>
  if (pieces === undefined) return <p class="soft small">Reading ...</p>
  if (pieces.every(({ kind }) => kind === 'same')) return <p class="soft small">Both are the same.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <pre tabIndex={0}>
      {pieces.map(({ kind, text }, index) => {
        const key = `${index} ${kind}`
        if (kind === 'same') return <span key={key}>{text}</span>
        return kind === 'removed' ? <del key={key}>{text}</del> : <ins key={key}>{text}</ins>
      })}
    </pre>
  )
}

async function read(address: string): Promise<string> {
  const answer = await fetch(address, { headers: { range: `bytes=0-${textMax - 1}` } })
  if (!answer.ok) throw new Error('One of the takes has no such file, or it is no longer in the store.')
  return answer.text()
}
