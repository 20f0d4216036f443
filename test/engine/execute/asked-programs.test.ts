import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyPipeline,
  type AskOptions,
  definePipeline,
  defineStage,
  json,
  many,
  type StageContext,
  type Tool,
} from '../../../src/core/index.ts'
import { createFakeTiming } from '../../rig/fake-timing.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shell: Tool = {
  name: 'sh',
  command: '/bin/sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: {},
}

/** Says who it is each time; of some questions, it does something else. */
const program = `
while read -r question; do
  case "$question" in
    *wait*) sleep 1000 ;;
    *die*) echo "it hurts" >&2; exit 7 ;;
    *leave*) exit 0 ;;
    *twice*) echo '{"answer":1}'; echo '{"answer":2}' ;;
    *long*) head -c 17000000 /dev/zero | tr '\\0' a; echo ;;
    *refuse*) echo '{"error":"I would rather not"}' ;;
    *) echo "heard $question"; echo "thinks" >&2; echo "{\\"answer\\":$$}" ;;
  esac
done`

interface Item {
  readonly say: string
  readonly after?: string
  readonly timeoutMs?: number
}
const item = z.object({ say: z.string(), after: z.string().optional(), timeoutMs: z.number().optional() })
type Context = Pick<StageContext<never, Item, never>, 'ask' | 'log'>
type Asking = (context: Context, say: string) => Promise<unknown>

const ask: Asking = ({ ask }, say) => ask(shell, ['-c', program], { say })

/** Returns a pipeline of a step for each item, which asks, and one that gathers the answers. */
function asking(items: readonly Item[], asks: Asking = ask): AnyPipeline {
  const stage = defineStage({
    name: 'ask',
    version: 1,
    inputs: {},
    params: item,
    outputs: { pid: json(z.number()) },
    tools: [shell],
    async run(context) {
      const { after } = context.params
      while (after !== undefined && !existsSync(after)) await new Promise((resolve) => setImmediate(resolve))
      return { pid: Number(await asks(context, context.params.say)) }
    },
  })
  const gather = defineStage({
    name: 'gather',
    version: 1,
    inputs: { pids: many(json(z.number())) },
    params: z.object({}),
    outputs: { pids: json(z.array(z.number())) },
    run: async ({ inputs }) => ({ pids: [...inputs.pids] }),
  })
  return definePipeline({
    name: 'asking',
    inputs: {},
    params: z.object({}),
    build({ step, each }) {
      const { pid } = each(
        items,
        (params) => step(stage, {}, { params, ...(params.timeoutMs && { timeoutMs: params.timeoutMs }) }),
        { name: ({ say }) => say },
      )
      return step(gather, { pids: pid })
    },
  })
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}`)
const pidsIn = (path: string) => z.array(z.number()).parse(JSON.parse(readFileSync(path, 'utf8')))

it('is started once for steps that ask one after another, and gone with the run', async () => {
  const { run, path } = await createWorkbench()
  const { result, of } = await run(asking([{ say: 'one' }, { say: 'two' }, { say: 'three' }]), { concurrency: 1 })
  expect(result.failure).toBeUndefined()
  const [pid = 0, ...others] = pidsIn(path('job', '02_gather', 'pids.json'))
  expect(others).toEqual([pid, pid])
  expect(isAlive(pid)).toBe(false)
  const logs = ['one', 'two', 'three'].map((say) => readFileSync(path('job', '01_ask', say, 'stage.log'), 'utf8'))
  expect(logs.map((log) => log.includes('$ "/bin/sh"'))).toEqual([true, false, false])
  // A script is an argument, and would fill the log.
  expect(logs[0]).toMatch(/"\\nwhile read -r question; do.*" \[\d+ more characters of this argument are left out\]\n/)
  expect(logs[0]).not.toContain('refuse')
  expect(logs[1]).toMatch(/^sh is running already\n< \{"say":"two"\}\n/)
  expect(of('stage_completed').map(({ stage, peak_rss_bytes: peak = 0 }) => [stage, peak > 0])).toEqual([
    ['ask/one', true],
    ['ask/two', true],
    ['ask/three', true],
    ['gather', false],
  ])
})

it('is started as often as steps ask at once', async () => {
  const { run, path } = await createWorkbench()
  const items = Array.from({ length: 8 }, (_, index) => ({ say: `item ${index}` }))
  const { result } = await run(asking(items), { concurrency: 2 })
  expect(result.status).toBe('completed')
  expect(new Set(pidsIn(path('job', '02_gather', 'pids.json'))).size).toBeLessThanOrEqual(2)
})

it('is another one for other arguments', async () => {
  const { run, path } = await createWorkbench()
  const other: Asking = ({ ask }, say) => ask(shell, ['-c', program, say], { say })
  await run(asking([{ say: 'one' }, { say: 'two' }], other), { concurrency: 1 })
  const [one, two] = pidsIn(path('job', '02_gather', 'pids.json'))
  expect(one).not.toBe(two)
})

it('is ended with a step that times out, and no other step is harmed', async () => {
  const { run, path } = await createWorkbench()
  const mark = path('well')
  const asks: Asking = async (context, say) => {
    const pid = await ask(context, say)
    writeFileSync(mark, '')
    return pid
  }
  const items = [{ say: 'well' }, { say: 'wait', after: mark, timeoutMs: 1000 }, { say: 'well again', after: mark }]
  const { result } = await run(asking(items, asks), { concurrency: 3, keepGoing: true })
  expect(result.failedSteps).toEqual(['ask/wait'])
  expect(result.outcomes.get('ask/wait')).toMatchObject({ failure: { kind: 'timed-out' } })
  expect(result.outcomes.get('ask/well again')).toMatchObject({ kind: 'executed' })
})

it('fails the step that it has no answer for, and answers the next', async () => {
  const { run } = await createWorkbench()
  const { result } = await run(asking([{ say: 'refuse' }, { say: 'well' }]), { concurrency: 1, keepGoing: true })
  expect(result.outcomes.get('ask/refuse')).toMatchObject({
    failure: { kind: 'stage-failed', message: 'sh: I would rather not' },
  })
  expect(result.outcomes.get('ask/well')).toMatchObject({ kind: 'executed' })
})

it.each([
  ['die', { kind: 'stage-exited', tool: 'sh', exitCode: 7, stderrTail: 'it hurts' }],
  ['leave', { kind: 'stage-failed', message: expect.stringMatching(/^sh ended without an answer/) }],
])('fails the step where it ends (%s), and another is started for the next', async (say, failure) => {
  const { run } = await createWorkbench()
  const { result } = await run(asking([{ say }, { say: 'well' }]), { concurrency: 1, keepGoing: true })
  expect(result.outcomes.get(`ask/${say}`)).toMatchObject({ failure })
  expect(result.outcomes.get('ask/well')).toMatchObject({ kind: 'executed' })
})

it('is asked no more when it answers what nobody asked', async () => {
  const { run, path } = await createWorkbench()
  const { result } = await run(asking([{ say: 'twice' }, { say: 'well' }]), { concurrency: 1 })
  expect(result.failure).toBeUndefined()
  const [first, second = 0] = pidsIn(path('job', '02_gather', 'pids.json'))
  expect(first).toBe(1)
  expect(second).toBeGreaterThan(2)
})

it('fails the step to which it says more in one line than an answer may have', async () => {
  const { run } = await createWorkbench()
  const { result } = await run(asking([{ say: 'long' }, { say: 'well' }]), { concurrency: 1, keepGoing: true })
  expect(result.outcomes.get('ask/long')).toMatchObject({ kind: 'failed' })
  expect(result.outcomes.get('ask/well')).toMatchObject({ kind: 'executed' })
})

it('tells the step that asks, and no other, what it prints meanwhile; a listener that throws fails its step', async () => {
  const { run } = await createWorkbench()
  const heard: string[] = []
  const asks: Asking = ({ ask }, say) => {
    const onStdoutLine: AskOptions['onStdoutLine'] = (line) => {
      heard.push(`${say}: ${line}`)
      if (say === 'two') throw new Error('not understood')
    }
    return ask(shell, ['-c', program], { say }, { onStdoutLine })
  }
  const items = [{ say: 'one' }, { say: 'two' }, { say: 'three' }]
  const { result } = await run(asking(items, asks), { concurrency: 1, keepGoing: true })
  expect(heard).toEqual(['one: heard {"say":"one"}', 'two: heard {"say":"two"}', 'three: heard {"say":"three"}'])
  expect(result.failedSteps).toEqual(['ask/two'])
  expect(result.outcomes.get('ask/two')).toMatchObject({ failure: { message: 'not understood' } })
})

it('is ended when nobody has asked it for a while', async () => {
  const { run, path } = await createWorkbench()
  const timing = createFakeTiming()
  const pids: number[] = []
  const asks: Asking = async (context, say) => {
    if (say === 'two') {
      const rest = await timing.wait()
      expect(rest.delayMs).toBe(5)
      rest.pass()
      while (isAlive(pids[0] ?? 0)) await new Promise((resolve) => setImmediate(resolve))
    }
    const pid = Number(await context.ask(shell, ['-c', program], { say }, { idleMs: 5 }))
    pids.push(pid)
    return pid
  }
  const { result } = await run(asking([{ say: 'one' }, { say: 'two' }], asks), { concurrency: 1, timing })
  expect(result.failure).toBeUndefined()
  const [one, two] = pidsIn(path('job', '02_gather', 'pids.json'))
  expect(one).not.toBe(two)
})

it('is started anew where it was killed while nobody asked it', async () => {
  const { run, path } = await createWorkbench()
  const asks: Asking = async (context, say) => {
    const pid = Number(await ask(context, say))
    if (say === 'one') process.kill(pid, 'SIGKILL')
    return pid
  }
  const { result } = await run(asking([{ say: 'one' }, { say: 'two' }], asks), { concurrency: 1 })
  expect(result.failure).toBeUndefined()
  const [one, two] = pidsIn(path('job', '02_gather', 'pids.json'))
  expect(one).not.toBe(two)
})

it('is ended with a run that is cancelled', async () => {
  const { run, path } = await createWorkbench()
  const cancel = new AbortController()
  const pids: number[] = []
  const asks: Asking = async (context, say) => {
    if (say === 'wait') cancel.abort()
    else pids.push(Number(await ask(context, say)))
    return ask(context, say)
  }
  const { result } = await run(asking([{ say: 'well' }, { say: 'wait' }], asks), {
    concurrency: 1,
    signal: cancel.signal,
  })
  expect(result.status).toBe('cancelled')
  expect(pids.map(isAlive)).toEqual([false])
  expect(existsSync(join(path('job'), '02_gather'))).toBe(false)
})

it('is nothing that lint finds', async () => {
  const { run } = await createWorkbench()
  const { result } = await run(asking([{ say: 'one' }]), { lint: true })
  expect(result.lint).toEqual([])
})

it('does not begin any more when the stage has ended', async () => {
  const { run } = await createWorkbench()
  let later: Context['ask'] | undefined
  const asks: Asking = async ({ ask }) => {
    later = ask
    return 1
  }
  await run(asking([{ say: 'one' }], asks))
  await expect(later?.(shell, ['-c', program], {})).rejects.toThrow('the stage had ended when it called for sh')
})
