import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { video } from '../../../stages/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

it('a word of the lexicon that changes speaks its scenes again and no other; captions have it as it is written', async () => {
  const { path, run, jobDir } = await createWorkbench()
  const [document, lexicon] = [path('talk.md'), path('words.yaml')]
  writeFileSync(document, '# One\n\nIt reads SQL.\n\n## Two\n\nNothing special.\n\n## Three\n\nIt writes nginx.\n')
  const params = { synthesizer: 'espeak-ng' }
  const selection = { to: 'narrate' }
  const narrated = async (words: string) => {
    writeFileSync(lexicon, words)
    const { executed, result } = await run(video, { inputs: { document, lexicon }, params, selection })
    expect(result.failure).toBeUndefined()
    return executed.filter((id) => id.startsWith('narrate/'))
  }
  expect(await narrated('SQL: sequel\nnginx: engine x\n')).toEqual(['narrate/one', 'narrate/three', 'narrate/two'])
  expect(await narrated('SQL: sequel\nnginx: engine ex\nunused: nothing\n')).toEqual(['narrate/three'])
  expect(readFileSync(join(jobDir, '05_narrate', 'three', 'timing.json'), 'utf8')).toContain('It writes nginx.')
  expect(readFileSync(join(jobDir, '03_script', 'script.json'), 'utf8')).toContain('It writes engine ex.')
  writeFileSync(lexicon, 'SQL: [\n')
  const { result } = await run(video, { inputs: { document, lexicon }, params, selection })
  expect(JSON.stringify(result.failure)).toMatch(/the input 'lexicon' cannot be read: line 2, column 1/)
})
