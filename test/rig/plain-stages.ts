import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../src/core/index.ts'

/** Copies a text. */
export const copyText = defineStage({
  name: 'copy',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: ({ inputs, outputs }) => writeFileSync(outputs.text, readFileSync(inputs.text)),
})

const echo = defineStage({
  name: 'echo',
  version: 1,
  inputs: {},
  params: z.object({}),
  outputs: { value: json(z.number()) },
  run: () => ({ value: 1 }),
})

/** A pipeline of one step, `echo`, which does next to nothing. */
export const onePlainStep = definePipeline({
  name: 'echo',
  inputs: {},
  params: z.object({}),
  build: ({ step }) => step(echo, {}),
})
