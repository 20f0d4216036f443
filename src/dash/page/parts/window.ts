import { useEffect, useState } from 'preact/hooks'

export interface Window {
  /** The first and the last row, exclusive, to draw. */
  readonly from: number
  readonly to: number
  /** How high the list is drawn. */
  readonly height: number
  /** Where a row is drawn. */
  topOf(row: number): number
  /** Where to scroll so that a row is the first in sight. */
  scrollTo(row: number): number
}

const margin = 12
/** Firefox draws no element that is higher. */
const heightMax = 15_000_000

/** Returns which rows of equal height of a scrolled element are to be drawn. */
export function useWindow(element: HTMLElement | null, count: number, rowHeight: number): Window {
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
  const whole = count * rowHeight
  const height = Math.min(heightMax, whole)
  // A list that is too long to be drawn is scrolled faster than its rows are high.
  const room = Math.max(1, height - at.high)
  const speed = whole > height ? (whole - at.high) / room : 1
  const top = at.top * speed
  const first = Math.min(Math.max(0, Math.floor(top / rowHeight) - margin), Math.max(0, count - 1))
  return {
    from: first,
    to: Math.min(count, Math.ceil((top + at.high) / rowHeight) + margin),
    height,
    topOf: (row) => row * rowHeight - top + at.top,
    scrollTo: (row) => (row * rowHeight) / speed,
  }
}
