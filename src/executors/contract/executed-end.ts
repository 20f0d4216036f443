import type { ActionRecord } from '../../../store/index.ts'
import { devices } from '../../core/index.ts'
import type { ExecutedEnd } from '../../engine/execute/executor.ts'

/** Returns what an execution that ended well would say, from the record of its result; undefined where that is odd. */
export function executedEndOf({ result }: ActionRecord): ExecutedEnd | undefined {
  const device = devices.find((one) => one === result.device)
  if (device === undefined) return undefined
  const { outputs, durationMs, peakRssBytes, cpuTimeMs, tools } = result
  return {
    kind: 'executed',
    outputs,
    cost: {
      durationMs,
      ...(peakRssBytes === undefined ? {} : { peakRssBytes }),
      ...(cpuTimeMs === undefined ? {} : { cpuTimeMs }),
    },
    ran: { device, tools },
  }
}
