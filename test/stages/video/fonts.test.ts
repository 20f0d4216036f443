import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { video } from '../../../stages/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const require = createRequire(import.meta.url)

it('other fonts draw every scene again, and speak none; a folder without one is refused before anything is spoken', async () => {
  const { path, run } = await createWorkbench()
  const [document, fonts] = [path('talk.md'), path('fonts')]
  writeFileSync(document, '# One\n\nIt is short.\n')
  mkdirSync(fonts)
  const params = { synthesizer: 'espeak-ng', size: '720p' }
  const made = async (given: { readonly fonts?: string }) => {
    const { executed, result } = await run(video, {
      inputs: { document, ...given },
      params,
      selection: { to: 'render' },
    })
    return { steps: executed.filter((id) => /^(?:narrate|render)/.test(id)), failure: JSON.stringify(result.failure) }
  }
  expect((await made({ fonts })).steps).toEqual([])
  expect((await made({ fonts })).failure).toContain("the input 'fonts' has no font")
  expect((await made({})).steps).toEqual(['narrate/one', 'render/one'])
  const font = require.resolve('@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff2')
  copyFileSync(font, join(fonts, 'own.woff2'))
  expect((await made({ fonts })).steps).toEqual(['render/one'])
})
