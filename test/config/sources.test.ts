import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeOwnPipeline } from '../cli/own-pipeline.ts'
import { executedSteps } from '../rig/command.ts'

const config = `
import { defineConfig, definePipeline } from 'reprise'
import { z } from 'zod'
import { echo, sing } from './stages/voices'
import { hum } from './stages/hum.ts'

export default defineConfig({
  pipelines: [definePipeline({
    name: 'choir', inputs: {}, params: z.object({}),
    build({ step }) {
      return { sung: step(sing, {}).text, echoed: step(echo, {}).text, hummed: step(hum, {}).text }
    },
  })],
})
`
const files = {
  'reprise.config.ts': config,
  'stages/voices.ts': `
import { makeVoice } from './make-voice.ts'
const [sing, echo] = ['sing', 'echo'].map((name) => makeVoice(name, 'la'))
export { sing, echo }
`,
  'stages/make-voice.ts': `
import { writeFileSync } from 'node:fs'
import { defineStage } from 'reprise'
import { z } from 'zod'
import { twice } from './twice.ts'
export function makeVoice(name: string, text: string) {
  return defineStage({
    name, version: 1, inputs: {}, params: z.object({}), outputs: { text: 'text.txt' },
    run: ({ outputs }) => writeFileSync(outputs.text, twice(text)),
  })
}
`,
  'stages/twice.ts': 'export const twice = (text: string) => text + text\n',
  'stages/hum.ts': `
import { writeFileSync } from 'node:fs'
import { defineStage } from 'reprise'
import { z } from 'zod'
import { twice } from './twice.ts'
export const hum = defineStage({
  name: 'hum', version: 1, source: 'version', inputs: {}, params: z.object({}), outputs: { text: 'text.txt' },
  run: ({ outputs }) => writeFileSync(outputs.text, twice('hm')),
})
`,
}

describe("the source of a config's stages", () => {
  it('is part of their keys without being told: where they are defined, and by whom', async () => {
    const { dir, run } = makeOwnPipeline()
    const write = (name: string, text: string) => writeFileSync(join(dir, name), text)
    mkdirSync(join(dir, 'stages'))
    for (const [name, text] of Object.entries(files)) write(name, text)
    const choir = async () => {
      const { stdout } = await run('run', 'choir', '--json')
      return executedSteps(stdout)
    }
    expect(await choir()).toEqual(['echo', 'hum', 'sing'])
    expect(await choir()).toEqual([])

    write('stages/voices.ts', `// The voices of the choir.\n${files['stages/voices.ts'].replaceAll("'", '"')}`)
    write('reprise.config.ts', config.replace('hummed:', 'humming:'))
    expect(await choir()).toEqual([])

    write('stages/voices.ts', files['stages/voices.ts'].replace("'la'", "'do'"))
    expect(await choir()).toEqual(['echo', 'sing'])
    const explained = await run('explain', 'choir', 'sing')
    expect(explained.stdout).toContain('  source voices changed\n')
    expect(readFileSync(join(dir, 'choir/01_sing/text.txt'), 'utf8')).toBe('dodo')

    write('stages/twice.ts', 'export const twice = (text: string) => text + text + text\n')
    expect(await choir()).toEqual(['echo', 'sing'])
    expect((await run('explain', 'choir')).stdout).toMatch(/echo +MISS +source twice changed\nhum +HIT/)
  })
})
