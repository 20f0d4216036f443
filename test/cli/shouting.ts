import { z } from 'zod'
import { definePipeline, defineStage, defineTool } from '../../src/index.ts'

/** A tool that is nowhere. */
export const siren = defineTool({
  name: 'siren',
  command: 'no-such-siren',
  version: { args: ['--version'], parse: () => '1' },
  install: { debian: 'siren' },
})

const shout = defineStage({
  name: 'shout',
  version: 1,
  description: 'Makes text loud',
  inputs: { text: 'file', mood: 'file' },
  params: z.object({ mark: z.string() }),
  outputs: { loud: 'loud.txt' },
  toolsFor: ({ mark }) => (mark === 'siren' ? [siren] : []),
  run: () => {},
})

/** A pipeline of two inputs and a list of params, which is never run. */
export const shouting = definePipeline({
  name: 'shouting',
  description: 'Makes text loud',
  inputs: { text: 'file', mood: 'file' },
  params: z.object({
    mark: z.string().default('!').describe('what ends it'),
    times: z.array(z.number()).default([1]),
    quiet: z.boolean().default(false),
  }),
  build({ step, inputs, params }) {
    return step(shout, { text: inputs.text, mood: inputs.mood }, { params: { mark: params.mark } })
  },
})
