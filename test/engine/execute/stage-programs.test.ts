import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  definePipeline,
  defineStage,
  type ExecOptions,
  type ExecutionPolicy,
  type InputDeclarations,
  type Stage,
  type StageContext,
  type Tool,
} from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shell: Tool = {
  name: 'sh',
  command: '/bin/sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: {},
}

const outputs = { text: 'text.txt' } as const
const params = z.object({})
type ShellStage = Stage<InputDeclarations, typeof params, typeof outputs>
type Context = StageContext<InputDeclarations, object, typeof outputs>

/** Returns a pipeline of one step that may run a shell. */
function shellPipeline(
  run: (context: Context) => Promise<void>,
  more: ExecutionPolicy & Pick<ShellStage, 'contracts'> = {},
) {
  const stage = defineStage({ name: 'shell', version: 1, inputs: {}, params, outputs, tools: [shell], run, ...more })
  return definePipeline({ name: 'shell', inputs: {}, params, build: ({ step }) => step(stage, {}) })
}

/** Says who it is, and stays. */
const stay = ['-c', 'echo $$ >"$1.new"; mv "$1.new" "$1"; exec sleep 1000', 'sh']

async function thereIs(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve))
}

function isAlive(pidFile: string): boolean {
  return existsSync(join('/proc', readFileSync(pidFile, 'utf8').trim()))
}

describe('a program that a stage has started', () => {
  it('ends before another attempt begins, when another program has failed', async () => {
    const { run, path } = await createWorkbench()
    const alive: boolean[] = []
    const pipeline = shellPipeline(
      async ({ exec, outputs }) => {
        if (existsSync(path('pid'))) {
          alive.push(isAlive(path('pid')))
          writeFileSync(outputs.text, 'second')
          return
        }
        const fail = ['-c', 'while [ ! -e "$1" ]; do sleep 0.01; done; exit 3', 'sh', path('pid')]
        await Promise.all([exec(shell, [...stay, path('pid')]), exec(shell, fail)])
      },
      { retry: { backoff: { initialMs: 0 } } },
    )
    const { result, of } = await run(pipeline)
    expect(result.status).toBe('completed')
    expect(of('stage_retrying').map(({ failure }) => failure)).toMatchObject([{ kind: 'stage-exited', exitCode: 3 }])
    expect(alive).toEqual([false])
  })

  it('ends with the run that did not wait for it, before the outputs are looked at', async () => {
    const { run, path } = await createWorkbench()
    const alive: boolean[] = []
    const check = async ({ exec }: Pick<Context, 'exec'>) => {
      alive.push(isAlive(path('pid')))
      // A contract has programs of its own.
      await exec(shell, ['-c', ':'])
      return []
    }
    const pipeline = shellPipeline(
      async ({ exec, outputs }) => {
        void exec(shell, [...stay, path('pid')])
        await thereIs(path('pid'))
        writeFileSync(outputs.text, 'text')
      },
      { contracts: [{ name: 'is alone', check }] },
    )
    const { result, of } = await run(pipeline)
    expect(result.status).toBe('completed')
    expect(alive).toEqual([false])
    expect(of('stage_log')).toMatchObject([
      { level: 'warn', line: expect.stringMatching(/await the promise that exec returns/) },
    ])
  })

  it('does not begin any more when the stage has ended', async () => {
    const { run } = await createWorkbench()
    let later: Context['exec'] | undefined
    const { result } = await run(
      shellPipeline(async ({ exec, outputs }) => {
        later = exec
        writeFileSync(outputs.text, 'text')
      }),
    )
    expect(result.status).toBe('completed')
    await expect(later?.(shell, ['-c', ':'])).rejects.toThrow('the stage had ended when it called for sh')
  })
})

describe('what a stage asks of a program', () => {
  const failureOf = async (args: readonly string[], options?: ExecOptions) => {
    const { run } = await createWorkbench()
    const { result } = await run(shellPipeline(async ({ exec }) => void (await exec(shell, args, options))))
    return result.failure
  }
  const refuse = () => {
    throw new Error('this line is not understood')
  }

  it.each(['onStdoutLine', 'onStderrLine'] as const)(
    'ends the program where %s throws, and fails the step',
    async (name) => {
      const failure = await failureOf(['-c', 'echo line; echo line >&2; exec sleep 1000'], { [name]: refuse })
      expect(failure).toMatchObject({ kind: 'stage-threw', message: 'this line is not understood' })
    },
  )

  it('fails the step where the arguments are no arguments', async () => {
    expect(await failureOf(['-c', ':', 'a\0b'])).toMatchObject({ kind: 'stage-threw' })
  })

  it('fails the step where the arguments are too long, and says what to do', async () => {
    expect(await failureOf(['-c', ':', 'x'.repeat(3_000_000)])).toMatchObject({
      kind: 'stage-failed',
      message: expect.stringMatching(
        /3000003 bytes of arguments for sh are more than the system allows; pass them in a file/,
      ),
    })
  })
})

describe('what a program prints', () => {
  const messageOf = async (run: (context: Context) => Promise<void>) => {
    const bench = await createWorkbench()
    const { result } = await bench.run(shellPipeline(run))
    const log = readFileSync(bench.path('job', '01_shell', 'stage.log'), 'utf8')
    const [failure] = result.failedSteps.map((step) => result.outcomes.get(step))
    return { failure: failure?.kind === 'failed' ? failure.failure : undefined, log }
  }

  it('of progress is one line in the log, and all of it for the stage', async () => {
    const seen: string[] = []
    const { failure, log } = await messageOf(async ({ exec, outputs }) => {
      await exec(shell, ['-c', 'printf "1%%\\r2%%\\r3%%\\r\\nend\\n" >&2; echo >"$0"', outputs.text], {
        onStderrLine: (line) => seen.push(line),
      })
    })
    expect(failure).toBeUndefined()
    expect(seen).toEqual(['1%', '2%', '3%', 'end'])
    expect(log.split('\n').slice(1)).toEqual(['3%', 'end', ''])
  })

  it('may be a line without end on standard error', async () => {
    const { failure, log } = await messageOf(async ({ exec, outputs }) => {
      await exec(shell, ['-c', 'head -c 30000000 /dev/zero | tr "\\0" a >&2; echo >"$0"', outputs.text])
    })
    expect(failure).toBeUndefined()
    expect(log.length).toBeLessThan(100_000)
    expect(log).toMatch(/a \[29934464 more bytes of this line are left out\]\n$/)
  })

  it('fails the step where it is too much to be collected, or too much for one line', async () => {
    const endless = ['-c', 'yes | tr -d "\\n"']
    const all = await messageOf(async ({ exec }) => void (await exec(shell, endless)))
    expect(all.failure).toMatchObject({
      message: expect.stringMatching(/^sh printed more than 256 MiB to standard output; /),
    })
    const lines = await messageOf(async ({ exec }) => void (await exec(shell, endless, { onStdoutLine: () => {} })))
    expect(lines.failure).toMatchObject({
      message: expect.stringMatching(/^sh printed more than 16 MiB in one line; /),
    })
  })
})

it('a program is not started with an argument that is no text', async () => {
  const { run } = await createWorkbench()
  for (const [args, message] of [
    [['-c', undefined], 'argument 2 for sh is neither text nor a number: undefined'],
    [[null], 'argument 1 for sh is neither text nor a number: null'],
    [['-c', 'a\0b'], expect.stringMatching(/must be a string without null bytes/)],
  ] as const) {
    const { result } = await run(shellPipeline(async ({ exec }) => void (await exec(shell, args as readonly string[]))))
    const line = expect.stringMatching(/stage-programs\.test\.ts:\d+$/)
    expect(result.failure).toMatchObject({ kind: 'stage-threw', message, line })
  }
})
