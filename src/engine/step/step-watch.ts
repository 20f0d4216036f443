import type { EventBody } from '../../core/index.ts'
import type { ExecutionPlace, ExecutionWatch } from '../execute/executor.ts'
import type { StepSite } from '../site/step-site.ts'
import type { StageLog } from './stage-log.ts'

/** Returns what makes events of what is told of a step's execution, and writes its log where it has one. */
export function stepWatch({ context, step }: StepSite, log?: Pick<StageLog, 'write'>): ExecutionWatch {
  const { emit } = context
  const stage = step.id
  return {
    onProgress: (fraction, note) => {
      const bounded = Math.min(1, Math.max(0, fraction))
      // Zero of zero is NaN.
      if (Number.isNaN(bounded)) return
      emit({ event: 'stage_progress', stage, fraction: bounded, ...(note === undefined ? {} : { note }) })
    },
    onLog: (line) => {
      log?.write(line)
      emit({ event: 'stage_log', stage, level: 'info', line })
    },
    onToolLine: (line) => log?.write(line),
    onWarning: (line) => {
      log?.write(line)
      emit({ event: 'stage_log', stage, level: 'warn', line })
    },
    onPlace: (place) => {
      const said = placeEvent(stage, place)
      log?.write(`--- ${placeText(place)}`)
      emit(said)
    },
  }
}

function placeEvent(stage: string, place: ExecutionPlace): EventBody {
  switch (place.kind) {
    case 'queued':
      return {
        event: 'stage_queued',
        stage,
        pool: place.pool,
        ...(place.ahead === undefined ? {} : { ahead: place.ahead }),
      }
    case 'placed':
      return { event: 'stage_placed', stage, worker: place.worker }
    case 'lost':
      return { event: 'stage_lost', stage, worker: place.worker, after_ms: place.afterMs, count: place.count }
    default:
      return place satisfies never
  }
}

function placeText(place: ExecutionPlace): string {
  switch (place.kind) {
    case 'queued':
      return `waits for a worker of the pool '${place.pool}'`
    case 'placed':
      return `executed by ${place.worker}`
    case 'lost':
      return `${place.worker} was silent for ${place.afterMs / 1000}s; executed again by another worker`
    default:
      return place satisfies never
  }
}
