import { resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import type { Commands } from '../actions/commands.ts'
import { type Order, orderOf, wordsOf } from '../actions/order.ts'
import { planOf } from '../actions/plan.ts'
import { type Answer, failure, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import { jobId } from '../jobs/job-rows.ts'
import { trustedJob } from './trusted-job.ts'

export interface RunParts {
  readonly hub: JobHub
  readonly commands: Commands
  readonly root: string
  readonly showPath: (path: string) => string
}

interface Placed {
  readonly order: Order
  /** Absolute; where a new job will lie, a name for it. */
  readonly jobDir: string
}

/** What runs something, each with its cost before. */
export function runRoutes(parts: RunParts): readonly Route[] {
  const { commands, showPath } = parts
  return [
    {
      path: '/api/plan',
      method: 'POST',
      handle: async ({ body: { order, trusts, ...rest }, signal }) => {
        const placed = await place(order, trusts, rest, parts)
        if (!placed.ok) return placed.error
        const { order: asked, jobDir } = placed.value
        const words = [...wordsOf(asked, jobDir), '--dry-run', '--json', '--store', commands.storeDir]
        const output = await commands.output(words, signal)
        const command = commands.shown(wordsOf(asked, showPath(jobDir)))
        return output.ok ? json(planOf(output.value, command)) : failure(409, output.error)
      },
    },
    {
      path: '/api/run',
      method: 'POST',
      handle: async ({ body: { order, trusts, ...rest } }) => {
        const placed = await place(order, trusts, rest, parts)
        if (!placed.ok) return placed.error
        const { order: asked, jobDir } = placed.value
        const words = wordsOf(asked, jobDir)
        const started = await commands.start(jobDir, words)
        if (!started.ok) return failure(409, started.error)
        await parts.hub.look()
        return json({ job: jobId(jobDir), pid: started.value.pid })
      },
    },
    {
      path: '/api/pipelines',
      method: 'POST',
      handle: async ({ signal }) => {
        // It loads the config of the folder, so it is no GET.
        const output = await commands.output(['list', '--json'], signal)
        if (!output.ok) return failure(409, output.error)
        const list: unknown = JSON.parse(output.value)
        return json({ pipelines: list })
      },
    },
  ]
}

/** Finds what an order is about, if the code of its config may run. */
async function place(
  value: unknown,
  trusts: unknown,
  rest: Readonly<Record<string, unknown>>,
  { hub, root }: RunParts,
): Promise<Result<Placed, Answer>> {
  const order = orderOf(value)
  if (!order.ok) return { ok: false, error: failure(400, order.error) }
  if (Object.keys(rest).length > 0) return { ok: false, error: failure(400, 'that is nothing that can be run') }
  const asked = order.value
  if (asked.kind === 'start') return { ok: true, value: { order: asked, jobDir: newJobDir(asked, root, hub) } }
  const trusted = await trustedJob(asked.job, trusts, hub, root)
  if (!trusted.ok) return trusted
  const { jobDir, model } = trusted.value
  if ('step' in asked && model.ok && !model.value.has(asked.step))
    return { ok: false, error: failure(404, 'this job has no such step') }
  return { ok: true, value: { order: asked, jobDir } }
}

/** A new job lies where `reprise run` would put it, or beside that where it is taken. */
function newJobDir({ pipeline, inputs }: Extract<Order, { kind: 'start' }>, root: string, hub: JobHub): string {
  const [first = ''] = Object.values(inputs).flat()
  const stem =
    first
      .split(/[\\/]/)
      .filter((part) => part !== '')
      .at(-1)
      ?.replace(/\.[^.]*$/, '') ?? ''
  const base = resolve(root, `${pipeline}${stem === '' ? '' : `-${stem.replace(/[^\p{L}\p{N}_.-]/gu, '_')}`}`)
  for (let number = 1; ; number++) {
    const dir = number === 1 ? base : `${base}-${number}`
    if (hub.entry(jobId(dir)) === undefined) return dir
  }
}
