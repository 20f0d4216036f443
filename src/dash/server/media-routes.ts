import { closeSync } from 'node:fs'
import type { Result } from '../../../store/index.ts'
import { openOutput } from '../files/output-files.ts'
import { sendFile } from '../files/send-file.ts'
import type { Body } from '../gate/body.ts'
import { type Answer, failure, json, type Route } from '../gate/route.ts'
import type { JobHub } from '../jobs/job-hub.ts'
import type { Media, MediaFile } from '../media/media.ts'
import { dataHeaders } from './headers.ts'
import { namedStep, noSuchFile, noSuchStep } from './named-step.ts'

const unfit = failure(400, 'this file cannot be shown: ask for it by the job, the step and the output that made it')
const secondsMax = 100 * 3600

/** What ffmpeg makes of outputs to show them. It runs a program on a file, so it is no GET: a person asks for it. */
export function mediaRoutes(hub: JobHub, media: Media): readonly Route[] {
  const withFile = async (
    { job, step, output, entry, ...rest }: Body,
    use: (file: MediaFile) => Promise<Result<unknown, string>>,
  ): Promise<Answer> => {
    const isFit = [job, step, output, entry].every((text) => typeof text === 'string') && Object.keys(rest).length === 0
    if (!isFit) return unfit
    const named = await namedStep(hub, String(job), String(step))
    if (named?.place === undefined) return noSuchStep
    const file = openOutput(named.jobDir, named.place, String(output), String(entry))
    if (file === undefined) return noSuchFile
    try {
      const made = await use(file)
      return made.ok ? json(made.value) : failure(409, made.error)
    } finally {
      closeSync(file.file)
    }
  }
  return [
    {
      path: '/api/peaks',
      method: 'POST',
      handle: ({ body: { measures, ...named } }) =>
        typeof measures === 'boolean' ? withFile(named, (file) => media.peaks(file, measures)) : unfit,
    },
    {
      path: '/api/preview',
      method: 'POST',
      handle: ({ body: { from, ...named } }) => {
        const isTime = typeof from === 'number' && Number.isInteger(from) && from >= 0 && from <= secondsMax
        return isTime ? withFile(named, (file) => media.preview(file, from)) : unfit
      },
    },
    {
      path: '/previews',
      method: 'GET',
      query: ['key'],
      handle: ({ query, request, response }) => {
        const file = media.openPreview(query.get('key') ?? '')
        if (file === undefined) return noSuchFile
        sendFile(request, response, file, dataHeaders)
        return 'sent'
      },
    },
  ]
}
