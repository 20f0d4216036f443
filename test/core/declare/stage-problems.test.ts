import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, describeFailure, validate } from '../../../src/core/index.ts'

const version = { args: ['--version'], parse: (text: string) => text }
const tool = { name: 'tool', command: 'tool', version, install: {} }
function fail(): never {
  throw new Error('no')
}

const stage = {
  name: 'stage',
  version: 1,
  inputs: {},
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: () => {},
}

/** Returns what is wrong with a stage that was declared without types. */
function problemsOf(declared: unknown): string {
  const pipeline = definePipeline({
    name: 'p',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => step(declared as never, {}) as never,
  })
  const problems = validate(pipeline).filter(({ where }) => where.startsWith('step'))
  return describeFailure({ kind: 'invalid', problems })
}

describe('a stage that was declared without types', () => {
  it.each([
    [undefined, /is not a stage; define it with 'defineStage'/],
    ['stage', /is not a stage/],
    [{ ...stage, name: undefined }, /has no 'name'/],
    [{ ...stage, version: undefined }, /has no 'version'/],
    [{ ...stage, inputs: undefined }, /has no 'inputs'/],
    [{ ...stage, inputs: { a: 'folder' } }, /its input 'a' is declared as nothing that is known/],
    [{ ...stage, inputs: { a: null } }, /its input 'a' is declared as nothing that is known/],
    [{ ...stage, outputs: undefined }, /has no 'outputs'/],
    [{ ...stage, outputs: { a: 1 } }, /its output 'a' is declared as nothing that is known/],
    [{ ...stage, params: undefined }, /has no 'params'/],
    [{ ...stage, params: { a: 1 } }, /has no 'params'/],
    [{ ...stage, run: undefined }, /has no function 'run'/],
    [{ ...stage, tools: tool }, /'tools' of its stage is not a list/],
    [{ ...stage, tools: [undefined] }, /one of its tools is none/],
    [{ ...stage, tools: [{ ...tool, name: undefined }] }, /one of its tools has no 'name'/],
    [{ ...stage, tools: [{ ...tool, command: undefined }] }, /its tool 'tool' has no 'command'/],
    [{ ...stage, tools: [{ ...tool, install: undefined }] }, /its tool 'tool' has no 'install'/],
    [{ ...stage, tools: [{ ...tool, version: undefined }] }, /its tool 'tool' has no 'version'/],
    [{ ...stage, tools: [{ ...tool, version: { args: [] } }] }, /its tool 'tool' has no 'version'/],
    [{ ...stage, toolsFor: [tool] }, /'toolsFor' of its stage is not a function/],
    [{ ...stage, toolsFor: () => tool }, /its 'toolsFor' returns no list/],
    [{ ...stage, toolsFor: () => [{ ...tool, install: undefined }] }, /its tool 'tool' has no 'install'/],
    [{ ...stage, toolsFor: () => fail() }, /its 'toolsFor' threw an exception/],
  ])('is told what is missing: %#', (declared, message) => {
    expect(problemsOf(declared)).toMatch(message)
  })

  it('is right with all of that', () => {
    expect(problemsOf({ ...stage, tools: [tool], toolsFor: () => [tool] })).toBe('')
  })
})
