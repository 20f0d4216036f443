import { findTurns, type Turns, type TurnsRequest } from './turns.ts'

/** Finds out who speaks when. */
export default function turns(request: TurnsRequest): Turns {
  return findTurns(request)
}
