import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A place where stages of another process wait until the test lets them go on. */
export interface Gate {
  /** What a stage connects to. */
  readonly path: string
  /** Resolves with the next stage that arrives. */
  arrival(): Promise<Arrival>
}

export interface Arrival {
  /** Lets the stage go on. */
  open(): void
  /** Resolves when the stage is gone, whether it went on or died. */
  readonly gone: Promise<void>
}

/** Opens a gate for the length of a test. */
export async function createGate(path: string): Promise<Gate> {
  const arrived: Socket[] = []
  const waiting: ((socket: Socket) => void)[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    const next = waiting.shift()
    if (next === undefined) arrived.push(socket)
    else next(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  return {
    path,
    arrival: async () => {
      const socket = arrived.shift() ?? (await new Promise<Socket>((resolve) => waiting.push(resolve)))
      const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      socket.resume()
      return { open: () => void socket.write('open'), gone }
    },
  }
}

/**
 * The text of a config with a pipeline `gated`: `first` copies its input, `wait` stays at the gate named by the param
 * of that name where there is one, and `last` copies once more.
 */
export const gatedConfig = `
import { appendFileSync, copyFileSync } from 'node:fs'
import { connect } from 'node:net'
import { defineConfig, definePipeline, defineStage } from 'reprise'
import { z } from 'zod'

const copy = defineStage({
  name: 'copy',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: ({ inputs, outputs }) => copyFileSync(inputs.text, outputs.text),
})
const wait = defineStage({
  name: 'wait',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ gate: z.string(), fails: z.boolean() }),
  outputs: { text: 'text.txt' },
  async run({ inputs, params, outputs, signal, fail, progress }) {
    progress(0.5)
    if (params.gate !== '') {
      await new Promise((resolve, reject) => {
        const socket = connect(params.gate)
        const leave = () => {
          socket.destroy()
          reject(signal.reason)
        }
        if (signal.aborted) leave()
        signal.addEventListener('abort', leave)
        socket.once('error', reject)
        socket.once('data', () => {
          socket.destroy()
          resolve()
        })
      })
    }
    if (params.fails) fail('it was asked to fail')
    copyFileSync(inputs.text, outputs.text)
  },
})
const gated = definePipeline({
  name: 'gated',
  inputs: { text: 'file' },
  params: z.object({ gate: z.string().default(''), fails: z.boolean().default(false) }),
  build({ step, inputs, params }) {
    const first = step(copy, { text: inputs.text }, { id: 'first' })
    const waited = step(wait, { text: first.text }, { params })
    return step(copy, { text: waited.text }, { id: 'last' })
  },
})
export default defineConfig({ pipelines: [gated] })
`
