import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** What is read out when it changes; percentages are not. */
export const announced = signal('')

/** A command as it is typed, and a button that copies it. */
export function Command({ line }: { readonly line: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = () => {
    void navigator.clipboard.writeText(line).then(() => {
      setCopied(true)
      announced.value = 'copied'
      setTimeout(() => setCopied(false), 1500)
    })
  }
  return (
    <span class="command">
      <code>{line}</code>
      <button type="button" class="quiet-button" onClick={copy} aria-label={`Copy the command ${line}`}>
        {isCopied ? 'copied' : 'copy'}
      </button>
    </span>
  )
}

/** How much of something is done; the number is beside it in words. */
export function Bar({
  value,
  label,
  tone = '',
}: {
  readonly value: number
  readonly label: string
  readonly tone?: 'good' | 'bad' | ''
}) {
  return <progress class={`bar ${tone}`} max={1} value={Math.min(1, Math.max(0, value))} aria-label={label} />
}

export function Notice({
  tone = '',
  children,
}: {
  readonly tone?: 'bad' | 'warn' | ''
  readonly children: ComponentChildren
}) {
  return <div class={`notice ${tone}`}>{children}</div>
}

/** Returns the time now, again and again while something on the page shows it. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
