import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testStage } from '../../../src/index.ts'
import { readMarkdown } from '../../../stages/documents/markdown.ts'
import { entryOf, picturePaths, preparePictures } from '../../../stages/video/script/pictures.ts'
import { writeScript } from '../../../stages/video/script/write-script.ts'
import { runProgram } from '../../rig/command.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const document = readMarkdown(`# Talk

## One

Some words.

![a](img/wide%20one.png)

![b](img/gone.png) ![c](https://example.org/far.png) ![d](img/text.png) ![e](img/cut.jpg)

## Two

![a again](./img/wide%20one.png)
![f](img/large.jpg)

## Three

![g](img/half.jpg) ![h](img/plan.svg) ![i](img/bad.svg)
`)

async function folderOfPictures(): Promise<string> {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'img'))
  const draw = (name: string, size: string) =>
    runProgram('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=${size}`, '-frames:v', '1', name], dir)
  await draw('img/wide one.png', '320x180')
  await draw('img/large.jpg', '4000x1000')
  writeFileSync(join(dir, 'img/half.jpg'), readFileSync(join(dir, 'img/large.jpg')).subarray(0, 40_000))
  writeFileSync(
    join(dir, 'img/plan.svg'),
    `<?xml version="1.0"?><!-- a plan --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">
      <image href="${join(dir, 'img/wide one.png')}" width="200" height="100"/>
      <text x="10" y="50" font-size="40" fill="#f00">Plan</text></svg>`,
  )
  writeFileSync(join(dir, 'img/bad.svg'), '<svg xmlns="http://www.w3.org/2000/svg"><rect></svg>')
  writeFileSync(join(dir, 'img/text.png'), '#EXTM3U\nother.ts\n')
  writeFileSync(join(dir, 'img/cut.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]))
  return dir
}

describe('the pictures of a document', () => {
  it('are made ready where they are pictures and there; of each other one it is said why not', async () => {
    const folder = await folderOfPictures()
    const { outputs, failure } = await testStage(preparePictures, { inputs: { paths: picturePaths(document), folder } })
    expect(failure).toBeUndefined()
    const name = expect.stringMatching(/^[0-9a-f]{16}\.png$/)
    expect(outputs?.pictures).toEqual({
      shown: [
        { path: 'img/wide%20one.png', name, width: 320, height: 180 },
        { path: './img/wide%20one.png', name, width: 320, height: 180 },
        { path: 'img/large.jpg', name, width: 2160, height: 540 },
        { path: 'img/plan.svg', name, width: 1920, height: 960 },
      ],
      left: [
        { path: 'img/gone.png', why: 'it is not in the folder of pictures' },
        { path: 'https://example.org/far.png', why: 'it lies on the network: save it beside the document' },
        { path: 'img/text.png', why: 'it is not a PNG, JPEG, WebP, GIF, BMP, TIFF or SVG: save it as one' },
        { path: 'img/cut.jpg', why: 'it is damaged or cut off, and cannot be decoded' },
        { path: 'img/half.jpg', why: 'it is damaged or cut off, and cannot be decoded' },
        { path: 'img/bad.svg', why: expect.stringMatching(/^it is an SVG that cannot be drawn: .*tag/) },
      ],
    })
    const pictures = outputs?.pictures ?? { shown: [], left: [] }
    const script = writeScript(document, pictures, 'en')
    expect(script.scenes.map(({ picture, pictures }) => [picture.kind, pictures.length])).toEqual([
      ['title', 0],
      ['image', 1],
      ['image', 1],
      ['image', 1],
      ['image', 1],
    ])
    // Red letters, and nothing of the file that the SVG names.
    const plan = pictures.shown.at(-1)?.name ?? ''
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgba', 'plan.raw']
    await runProgram('ffmpeg', ['-v', 'error', '-i', join(outputs?.folder ?? '', plan), ...raw], folder)
    const pixels = readFileSync(join(folder, 'plan.raw'))
    const seen = new Set(Array.from({ length: pixels.length / 4 }, (_, at) => pixels.readUInt32BE(4 * at)))
    expect(seen).toContain(0xff0000ff)
    expect([...seen].every((colour) => colour % 256 === 0 || Math.floor(colour / 65_536) % 256 === 0)).toBe(true)
    expect(script.left).toContainEqual({ path: 'img/gone.png', why: 'it is not in the folder of pictures', line: 9 })
  })

  it('are all left out where no folder is given', async () => {
    const { outputs } = await testStage(preparePictures, { inputs: { paths: picturePaths(document) } })
    expect(outputs?.pictures.shown).toEqual([])
    expect(outputs?.pictures.left[0]?.why).toBe('no folder of pictures is given: name it with --input pictures=DIR')
  })

  it.each([
    ['docs/images/a.png', ['images/a.png', 'a.png'], 'images/a.png'],
    ['../images/a.png', ['a.png'], 'a.png'],
    ['./a%20b.png?raw=true', ['a b.png'], 'a b.png'],
    ['/etc/passwd', ['a.png'], undefined],
    ['a%ZZ.png', ['a%ZZ.png'], 'a%ZZ.png'],
    ['other/a.png', ['images/a.png'], undefined],
  ])('called %s are found among %j as %s', (path, entries, found) => {
    expect(entryOf(path, entries)).toBe(found)
  })
})
