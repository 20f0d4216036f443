import { useEffect, useState } from 'preact/hooks'

export interface Window {
  /** The first and the last row, exclusive, to draw. */
  readonly from: number
  readonly to: number
}

const margin = 12
/** Firefox draws no element that is higher. */
const heightMax = 15_000_000

/** Returns which rows of equal height of a scrolled element are to be drawn. */
export function useWindow(
  element: HTMLElement | null,
  count: number,
  rowHeight: number,
): Window & { readonly height: number } {
  const [at, setAt] = useState({ top: 0, high: 600 })
  useEffect(() => {
    if (element === null) return undefined
    const look = () => setAt({ top: element.scrollTop, high: element.clientHeight })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    look()
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [element])
  const from = Math.max(0, Math.floor(at.top / rowHeight) - margin)
  const to = Math.min(count, Math.ceil((at.top + at.high) / rowHeight) + margin)
  return { from: Math.min(from, Math.max(0, count - 1)), to, height: Math.min(heightMax, count * rowHeight) }
}
