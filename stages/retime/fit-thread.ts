import type { ThreadContext } from 'reprise'
import { type Fit, type FitRequest, fitCues } from './fit/fit.ts'

/** Fits cues to where somebody speaks. */
export default function fit(request: FitRequest, { progress }: ThreadContext): Fit {
  return fitCues(request, progress)
}
