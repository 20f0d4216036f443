import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type AnyPipeline, definePipeline, defineStage, json } from '../../src/core/index.ts'
import { contentOf } from './acknowledgement.ts'

export const makeBytes = 80_000
const parts = 3

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ content: z.number() }),
  outputs: { noise: 'noise.bin' },
  run: ({ params, outputs }) => writeFileSync(outputs.noise, contentOf(params.content, makeBytes)),
})
const split = defineStage({
  name: 'split',
  version: 1,
  inputs: { noise: 'file' },
  params: z.object({}),
  outputs: { parts: 'parts/', size: json(z.number()) },
  run({ inputs, outputs }) {
    const bytes = readFileSync(inputs.noise)
    for (let part = 0; part < parts; part++) writeFileSync(join(outputs.parts, `${part}`), partOf(bytes, part))
    return { size: bytes.length }
  },
})
const turn = defineStage({
  name: 'turn',
  version: 1,
  inputs: { parts: 'tree' },
  params: z.object({ part: z.number() }),
  outputs: { turned: 'turned.bin' },
  run: ({ inputs, params, outputs }) =>
    writeFileSync(outputs.turned, readFileSync(join(inputs.parts, `${params.part}`)).reverse()),
})

/** A pipeline of five steps whose outputs follow from one number. */
export const sharedPipeline: AnyPipeline = definePipeline({
  name: 'shared',
  inputs: {},
  params: z.object({ content: z.number() }),
  build({ step, params }) {
    const { noise } = step(make, {}, { params: { content: params.content } })
    const { parts: tree } = step(split, { noise })
    const turned = Array.from({ length: parts }, (_, part) =>
      step(turn, { parts: tree }, { id: `turn-${part}`, params: { part } }),
    )
    return Object.fromEntries(turned.map((one, part) => [`turned${part}`, one.turned]))
  },
})

function partOf(bytes: Buffer, part: number): Buffer {
  return bytes.subarray((part * bytes.length) / parts, ((part + 1) * bytes.length) / parts)
}

/** Returns what is wrong with the outputs that a run of the pipeline left in a job directory. */
export function outputProblems(content: number, outputs: Readonly<Record<string, unknown>>): readonly string[] {
  const bytes = contentOf(content, makeBytes)
  return Array.from({ length: parts }, (_, part) => {
    const output = outputs[`turned${part}`]
    if (typeof output !== 'object' || output === null || !('path' in output) || typeof output.path !== 'string') {
      return [`there is no output turned${part} of ${content}`]
    }
    const right = readFileSync(output.path).equals(Buffer.from(partOf(bytes, part)).reverse())
    return right ? [] : [`the output turned${part} of ${content} has other bytes`]
  }).flat()
}
