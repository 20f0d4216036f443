import type { ExecutionWatch } from '../execute/executor.ts'
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
  }
}
