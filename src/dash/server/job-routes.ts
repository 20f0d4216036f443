import { failureMessage } from '../../core/index.ts'
import type { Hello } from '../api/messages.ts'
import { failure, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import type { EventStream } from './event-stream.ts'

/** What reads: the list of jobs, one job, and the stream of what changes. */
export function jobRoutes(hub: JobHub, stream: EventStream, hello: Omit<Hello, 'csrf'>): readonly Route[] {
  return [
    {
      path: '/api/hello',
      method: 'GET',
      handle: ({ session }) => json({ ...hello, csrf: session.csrf } satisfies Hello),
    },
    {
      path: '/api/jobs',
      method: 'GET',
      handle: async () => {
        await hub.look()
        return json(hub.jobs())
      },
    },
    {
      path: '/api/job',
      method: 'GET',
      query: ['job'],
      handle: async ({ query }) => {
        const model = await hub.job(query.get('job') ?? '')
        if (model === undefined) return noSuchJob
        return model.ok ? json(model.value.answer()) : failure(409, failureMessage(model.error))
      },
    },
    {
      path: '/api/stream',
      method: 'GET',
      handle: ({ request, response }) => {
        const lastId = request.headers['last-event-id']
        const isAdded = stream.add(response, typeof lastId === 'string' ? lastId : undefined)
        return isAdded ? 'sent' : failure(503, 'too many pages are open; close some')
      },
    },
  ]
}

export const noSuchJob = failure(404, 'the store knows no such job, or its directory no longer exists')
