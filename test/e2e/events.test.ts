import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { eventfulRun } from '../report/events.ts'
import { runCommand } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

it('writes the schema of all events, of one type with what it refers to, and the names of the types', async () => {
  const cwd = temporaryDirectory()
  const schema = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runCommand(['events', 'schema', ...args], { cwd })
    return { exitCode, stderr, text: stdout }
  }
  const validatorOf = (text: string) => new Ajv({ allowUnionTypes: true }).compile(JSON.parse(text))
  const isEvent = validatorOf((await schema()).text)
  const isFailed = validatorOf((await schema('stage_failed')).text)
  for (const event of JSON.parse(JSON.stringify(eventfulRun))) {
    expect(isEvent({ ...event, field_of_a_later_release: 1 }), JSON.stringify(isEvent.errors)).toBe(true)
    expect(isFailed(event)).toBe(event.event === 'stage_failed')
  }
  const types = (await schema('--types')).text.trimEnd().split('\n')
  expect(types).toEqual(expect.arrayContaining(eventfulRun.map(({ event }) => event)))
  const unknown = await schema('stage_faild')
  expect(unknown.exitCode).toBe(2)
  expect(unknown.stderr).toContain("did you mean 'stage_failed'?")
})
