import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testStage } from '../../../src/index.ts'
import { readMarkdown } from '../../../stages/documents/markdown.ts'
import { provideLanguageModel, video } from '../../../stages/index.ts'
import { sectionsToWrite, writeSection } from '../../../stages/video/script/write-by-model.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { type Misbehaviour, startModelServer } from '../language-model/model-server.ts'

const talk = `# The harbour

It had 37 ships in 2024.

## The list

- nets
- [lamps](https://example.org)

\`\`\`ts
const ships = 37
\`\`\`

## Mine

Words of the author.

<!-- This is what I say myself. -->
`

const answer = (say: string, bullets: readonly string[] = []) => JSON.stringify({ say, bullets })
const answers: Misbehaviour = ({ body }) => {
  const { title } = JSON.parse(body.messages[1]?.content ?? '{}')
  return answer(`We look at ${title}.`, ['A point'])
}
const env = (address: string) => ({
  REPRISE_LLM_ADDRESS: address,
  REPRISE_LLM_MODEL: 'tiny',
  REPRISE_LLM_KEY: 'sesame-open',
})

describe('a script by a language model', () => {
  it('asks for each section once; a changed one again, and no other; offline, answers are replayed, and a miss fails', async () => {
    const server = await startModelServer(answers)
    const { path, run, jobDir } = await createWorkbench()
    const document = path('talk.md')
    const inputs = { document }
    const params = { writer: 'llm', synthesizer: 'espeak-ng' }
    const selection = { to: 'script' }
    const services = provideLanguageModel(env(server.address))
    const written = async (text: string, given = services) => {
      writeFileSync(document, text)
      const made = await run(video, { inputs, params, selection, services: given })
      const asked = made.executed.filter((id) => id.startsWith('write/'))
      return { ...made, asked }
    }
    expect((await written(talk)).asked).toHaveLength(2)
    const script = readFileSync(join(jobDir, '05_script', 'script.json'), 'utf8')
    expect(script).toContain('We look at The list.')
    expect(script).toContain('const ships = 37')
    expect(script).toContain('This is what I say myself.')
    expect(script).not.toContain('nets')
    const changed = await written(talk.replace('- nets', '- ropes'))
    expect(changed.asked).toHaveLength(1)
    const offline = provideLanguageModel({ REPRISE_LLM_MODEL: 'tiny' }, { offline: true })
    const replayed = await written(talk, offline)
    expect([replayed.result.failure, replayed.asked]).toEqual([undefined, []])
    const missed = await written(talk.replace('- nets', '- sails'), offline)
    expect(JSON.stringify(missed.result.failure)).toContain(
      'the run is offline and the answer of tiny is not in the store; run once without --offline',
    )
    expect(server.asked).toHaveLength(3)
    expect(JSON.stringify([changed.events, missed.events])).not.toMatch(/sesame|127\.0\.0\.1/)
  })

  const [section = { id: '', film: '', title: '', text: [] }] = sectionsToWrite(readMarkdown(talk))
  const write = async (misbehave: Misbehaviour) => {
    const server = await startModelServer(misbehave)
    const made = await testStage(writeSection, {
      inputs: { section },
      services: provideLanguageModel(env(server.address)),
    })
    return { ...made, asked: server.asked.length, said: server.asked.at(-1)?.body.messages.at(-1)?.content }
  }

  it.each([
    ['nonsense', 'I cannot do that.', 'the answer is not JSON'],
    ['another shape', '{"text": "x"}', 'it is not {"bullets": [string], "say": string}'],
    ['an address', answer('See https://example.org now.'), '"say" has addresses'],
    ['marks', answer('The **harbour** of `ships`.'), '"say" has addresses, marks of Markdown, code or emoji'],
    ['nothing', answer('...'), '"say" is empty'],
    ['a number of its own', answer('It had 38 ships.'), 'the number 38 in "say" is not in the section'],
    ['too much', answer('word '.repeat(200)), '"say" has 200 words; at most 140 are allowed'],
    ['bullets for pages', answer('Good.', Array(9).fill('x')), 'there are 9 bullets; at most 5 are allowed'],
  ])('tells the model what is wrong with %s, and takes what it answers then', async (_, wrong, told) => {
    const { outputs, failure, said } = await write((__, count) => (count === 1 ? wrong : answer('It had 37 ships.')))
    expect(failure).toBeUndefined()
    expect(outputs?.written.say).toBe('It had 37 ships.')
    expect(said).toContain(`That is wrong: ${told}`)
  })

  it('waits where the server is busy, breaks off or fails; a model that never answers as asked fails the section', async () => {
    const { outputs, asked } = await write((_, count, response) => {
      if (count === 1) response.writeHead(429, { 'retry-after': '0' }).end()
      else if (count === 2) response.writeHead(500, { 'retry-after': '0' }).end('out of memory')
      else if (count === 3) response.destroy()
      else return answer('It had ships.')
      return true
    })
    expect([outputs?.written.say, asked]).toEqual(['It had ships.', 4])
    const { failure } = await write(() => '{}')
    expect(JSON.stringify(failure)).toContain("the section 'The harbour': it is not {")
  })
})
