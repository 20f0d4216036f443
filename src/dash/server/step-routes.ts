import { logPart, readLog, searchLog } from '../files/log-lines.ts'
import { openOutput } from '../files/output-files.ts'
import { sendFile } from '../files/send-file.ts'
import { type StepPlace, stepPlaces } from '../files/step-places.ts'
import { type Answer, failure, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import type { JobModel } from '../jobs/job-model.ts'
import { stepDetail } from '../jobs/step-detail.ts'
import type { StoreAccess } from '../jobs/store-access.ts'
import { dataHeaders } from './headers.ts'

interface Named {
  readonly model: JobModel
  readonly jobDir: string
  readonly id: string
  readonly place: StepPlace | undefined
}

const noSuchStep = failure(404, 'this job has no such step')
const noSuchFile = failure(404, 'there is no such file')

/** What reads of one step: why it ran, its outputs, its log. A step is named by its id, looked up in the job. */
export function stepRoutes(hub: JobHub, store: StoreAccess): readonly Route[] {
  const named = async (query: ReadonlyMap<string, string>): Promise<Named | undefined> => {
    const job = query.get('job') ?? ''
    const model = await hub.job(job)
    const entry = hub.entry(job)
    const id = query.get('step') ?? ''
    if (model?.ok !== true || entry === undefined) return undefined
    const place = (await stepPlaces(entry.jobDir)).get(id)
    if (place === undefined && !model.value.has(id)) return undefined
    return { model: model.value, jobDir: entry.jobDir, id, place }
  }
  const log = async (
    query: ReadonlyMap<string, string>,
    answer: (lines: readonly string[], isPartial: boolean) => Answer,
  ): Promise<Answer> => {
    const step = await named(query)
    if (step === undefined) return noSuchStep
    const told = step.model.linesOf(step.id)
    if (told !== undefined) return answer(told, true)
    const lines = step.place === undefined ? undefined : readLog(step.jobDir, `${step.place.directory}/stage.log`)
    return answer(lines ?? [], false)
  }
  return [
    {
      path: '/api/step',
      method: 'GET',
      query: ['job', 'step'],
      handle: async ({ query }) => {
        const step = await named(query)
        if (step === undefined) return noSuchStep
        const opened = await store.get()
        const { decision } = step.model.notesOf(step.id)
        return json(await stepDetail({ ...step, decision, store: 'problem' in opened ? undefined : opened }))
      },
    },
    {
      path: '/api/log',
      method: 'GET',
      query: ['job', 'step', 'from', 'count'],
      handle: ({ query }) =>
        log(query, (lines, isPartial) => {
          const count = numberIn(query.get('count'), 500)
          const from = query.get('from') === 'end' ? Math.max(0, lines.length - count) : numberIn(query.get('from'), 0)
          return json({ ...logPart(lines, from, count), ...(isPartial ? { isPartial } : {}) })
        }),
    },
    {
      path: '/api/log-search',
      method: 'GET',
      query: ['job', 'step', 'text'],
      handle: ({ query }) => log(query, (lines) => json(searchLog(lines, query.get('text') ?? ''))),
    },
    {
      path: '/files',
      method: 'GET',
      query: ['job', 'step', 'output', 'entry'],
      handle: async ({ query, request, response }) => {
        const step = await named(query)
        if (step?.place === undefined) return noSuchStep
        const opened = openOutput(step.jobDir, step.place, query.get('output') ?? '', query.get('entry') ?? '')
        if (opened === undefined) return noSuchFile
        sendFile(request, response, opened, dataHeaders)
        return 'sent'
      },
    },
  ]
}

function numberIn(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise
}
