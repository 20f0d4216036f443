import { connect } from 'node:net'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool } from '../../../src/core/index.ts'
import { startPipeline } from '../../../src/engine/index.ts'
import { openStore } from '../../../store/index.ts'

/**
 * Runs a pipeline of one step, which starts a process tree that is hard to end, and tells the socket when the whole
 * tree is there. Arguments: the job directory, the store, the tree's script, its mark, the socket, and the grace.
 * The word `cancel` from the socket cancels the run.
 */
const [jobDir = '', storeDir = '', script = '', mark = '', socketPath = '', killGraceMs = '0'] = process.argv.slice(2)

const shell = defineTool({
  name: 'sh',
  command: 'sh',
  version: { args: ['-c', 'echo 1'], parse: (text) => text.trim() },
  install: {},
})
const members = 4
const socket = connect(socketPath)
const tree = defineStage({
  name: 'tree',
  version: 1,
  inputs: {},
  params: z.object({ mark: z.string() }),
  outputs: { text: 'text.txt' },
  tools: [shell],
  async run({ exec, params }) {
    let told = 0
    const onStdoutLine = () => {
      told += 1
      if (told === members) socket.write('there\n')
    }
    await exec(shell, [script, params.mark], { onStdoutLine })
  },
})
const pipeline = definePipeline({
  name: 'tree',
  inputs: {},
  params: z.object({}),
  build: ({ step }) => step(tree, {}, { params: { mark } }),
})

const store = await openStore({ dir: storeDir })
if (!store.ok) throw new Error(`the store cannot be opened: ${store.error.kind}`)
const run = startPipeline({ pipeline, inputs: {}, jobDir, store: store.value, killGraceMs: Number(killGraceMs) })
socket.on('data', () => run.cancel())
const { status } = await run.result
await store.value.close()
socket.end(`${status}\n`)
