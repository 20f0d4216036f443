import type { JSX } from 'preact'
import type { JobRow, JobState, StepState } from '../../api/messages.ts'

type Shape = 'ring' | 'tick' | 'cross' | 'square' | 'half' | 'dash' | 'recycle'

const shapes: Readonly<Record<JobState | StepState | 'hit', readonly [Shape, string, string]>> = {
  running: ['ring', 'running', 'running'],
  completed: ['tick', 'done', 'done'],
  done: ['tick', 'done', 'done'],
  hit: ['recycle', 'reused', 'hit'],
  failed: ['cross', 'failed', 'failed'],
  cancelled: ['square', 'cancelled', 'stopped'],
  interrupted: ['half', 'interrupted', 'stopped'],
  'never-run': ['dash', 'never run', 'quiet'],
  'not-yet': ['dash', 'not yet', 'quiet'],
  skipped: ['dash', 'skipped', 'quiet'],
}

const paths: Readonly<Record<Shape, JSX.Element>> = {
  ring: <path d="M8 2a6 6 0 1 1-6 6" />,
  tick: <path d="M3 8.5l3.5 3.5L13 4.5" />,
  cross: <path d="M4 4l8 8M12 4l-8 8" />,
  square: <rect x="4" y="4" width="8" height="8" />,
  half: <path d="M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12" />,
  dash: <path d="M4 8h8" />,
  recycle: <path d="M3 8a5 5 0 0 1 9-3M13 8a5 5 0 0 1-9 3M12 2v3H9M4 14v-3h3" />,
}

/** A state as word, shape and colour: none of them alone. */
export function State({ of, bare = false }: { readonly of: JobState | StepState | 'hit'; readonly bare?: boolean }) {
  const [shape, word, tone] = shapes[of]
  return (
    <span class={`state ${tone}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" class={shape}>
        {paths[shape]}
      </svg>
      <span class={bare ? 'unseen' : ''}>{word}</span>
    </span>
  )
}

/** How often a job was run; the run that goes on, or was killed, is not among those that have ended. */
export function runsOf({ state, runs }: Pick<JobRow, 'state' | 'runs'>): number {
  return state === 'running' || state === 'interrupted' ? runs + 1 : runs
}

/** The colour of what is done of a job. */
export function barTone(state: JobState, failed: number | undefined): 'good' | 'bad' | '' {
  if (failed !== undefined && failed > 0) return 'bad'
  return state === 'completed' ? 'good' : ''
}

/** The class that gives a state its colour. */
export function toneOf(state: JobState | StepState | 'hit'): string {
  return shapes[state][2]
}
