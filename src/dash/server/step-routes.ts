import { type Log, linesLog, openLog } from '../files/log-lines.ts'
import { openOutput, outputName } from '../files/output-files.ts'
import { sendFile } from '../files/send-file.ts'
import { type Answer, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import { stepDetail } from '../jobs/step-detail.ts'
import type { StoreAccess } from '../jobs/store-access.ts'
import type { Media } from '../media/media.ts'
import { openResult, openTake } from '../media/take-files.ts'
import { dataHeaders } from './headers.ts'
import { namedStep, noSuchFile, noSuchStep, type PlacedStep } from './named-step.ts'

/** What reads of one step: why it ran, its outputs, its log. A step is named by its id, looked up in the job. */
export function stepRoutes(hub: JobHub, store: StoreAccess, { cache }: Pick<Media, 'cache'>): readonly Route[] {
  const named = (query: ReadonlyMap<string, string>) => namedStep(hub, query.get('job'), query.get('step'))
  const withLog = async (
    query: ReadonlyMap<string, string>,
    answer: (log: Log, isPartial: boolean) => Answer | Promise<Answer>,
  ): Promise<Answer> => {
    const step = await named(query)
    if (step === undefined) return noSuchStep
    const told = step.model.linesOf(step.id)
    const written = step.place === undefined ? undefined : openLog(step.jobDir, `${step.place.directory}/stage.log`)
    const log = told === undefined ? (written ?? linesLog([])) : linesLog(told)
    try {
      return await answer(log, told !== undefined)
    } finally {
      written?.close()
    }
  }
  const ofTake = async ({ jobDir, id, place }: PlacedStep, output: string, entry: string, take: number) => {
    const opened = await store.get()
    const name = outputName(place, output, entry)
    if ('problem' in opened || name === undefined) return undefined
    const file = await openTake(opened, cache, { jobDir, step: id, take, output, entry })
    return file === undefined ? undefined : { ...file, name }
  }
  // The request says that it wants the result before; which one that is, the job's own log says.
  const ofBefore = async ({ model, id, place }: PlacedStep, output: string, entry: string) => {
    const opened = await store.get()
    const name = outputName(place, output, entry)
    if ('problem' in opened || name === undefined) return undefined
    const file = await openResult(opened, cache, model.notesOf(id).before, { output, entry })
    return file === undefined ? undefined : { ...file, name }
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
        const { decision, before } = step.model.notesOf(step.id)
        return json(await stepDetail({ ...step, decision, before, store: 'problem' in opened ? undefined : opened }))
      },
    },
    {
      path: '/api/log',
      method: 'GET',
      query: ['job', 'step', 'from', 'count'],
      handle: ({ query }) =>
        withLog(query, (log, isPartial) => {
          const count = numberIn(query.get('count'), 500)
          const from = query.get('from') === 'end' ? Math.max(0, log.total - count) : numberIn(query.get('from'), 0)
          return json({ ...log.part(from, count), ...(isPartial ? { isPartial } : {}) })
        }),
    },
    {
      path: '/api/log-search',
      method: 'GET',
      query: ['job', 'step', 'text'],
      handle: ({ query, signal }) =>
        withLog(query, async (log) => json(await log.search(query.get('text') ?? '', signal))),
    },
    {
      path: '/files',
      method: 'GET',
      query: ['job', 'step', 'output', 'entry', 'take', 'before'],
      handle: async ({ query, request, response }) => {
        const step = await named(query)
        if (step?.place === undefined) return noSuchStep
        const [output, entry] = [query.get('output') ?? '', query.get('entry') ?? '']
        const take = query.get('take')
        const opened = query.has('before')
          ? await ofBefore({ ...step, place: step.place }, output, entry)
          : take === undefined
            ? openOutput(step.jobDir, step.place, output, entry)
            : await ofTake({ ...step, place: step.place }, output, entry, numberIn(take, 0))
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
