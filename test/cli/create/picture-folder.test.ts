import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { pictureFolder } from '../../../src/cli/create/picture-folder.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

function folderWith(...files: readonly string[]) {
  const dir = temporaryDirectory()
  for (const file of files) {
    mkdirSync(join(dir, file, '..'), { recursive: true })
    writeFileSync(join(dir, file), '')
  }
  return {
    dir,
    /** Returns the folder of the pictures that a text names. */
    of: (text: string, name = 'talk.md') => {
      writeFileSync(join(dir, name), text)
      return pictureFolder(join(dir, name))
    },
  }
}

it('the folder of pictures is the nearest one that has all that a document names and that are there', () => {
  const { dir, of } = folderWith('docs/images/a b.png', 'docs/images/deep/c.png', 'docs/d.png')
  expect(of('![a](docs/images/a%20b.png) ![gone](nowhere/x.png)')).toEqual({
    ok: true,
    value: join(dir, 'docs/images'),
  })
  expect(of('![a](docs/images/a%20b.png)\n![c](docs/images/deep/c.png)')).toMatchObject({
    value: join(dir, 'docs/images'),
  })
  expect(of('![a](<docs/images/deep/c.png> "title") ![d](docs/d.png)')).toMatchObject({ value: join(dir, 'docs') })
  expect(of('scenes:\n  - image: "docs/d.png"\n', 'talk.yaml')).toMatchObject({ value: join(dir, 'docs') })
})

it('the paths of pictures may have spaces, between brackets or quotes', () => {
  const { dir, of } = folderWith('docs/a b.png')
  expect(of('![a](<docs/a b.png>)')).toEqual({ ok: true, value: join(dir, 'docs') })
  expect(of(`scenes:\n  - image: 'docs/a b.png'\n`, 'talk.yaml')).toEqual({ ok: true, value: join(dir, 'docs') })
})

it('a folder that cannot be read is left to the run that reads it', () => {
  const { dir, of } = folderWith('a.png', 'closed/b.png')
  chmodSync(join(dir, 'closed'), 0)
  onTestFinished(() => chmodSync(join(dir, 'closed'), 0o700))
  expect(of('![a](a.png)')).toEqual({ ok: true, value: dir })
})

it('there is none where a document names no picture that is there', () => {
  const { dir, of } = folderWith('a.png')
  expect(of('[a](a.png) ![far](https://example.org/a.png)')).toEqual({ ok: true, value: undefined })
  expect(pictureFolder(join(dir, 'no such document.md'))).toEqual({ ok: true, value: undefined })
})

it('a folder that holds much else is refused, with what to do', () => {
  const { of } = folderWith('a.png', ...Array.from({ length: 2001 }, (_, index) => `src/${index}.ts`))
  expect(of('![a](a.png)')).toMatchObject({ ok: false, error: expect.stringContaining('--pictures DIR') })
})
