import { describe, expect, it } from 'vitest'
import { readMarkdown } from '../../../stages/documents/markdown.ts'
import { speechPieces } from '../../../stages/documents/speech-pieces.ts'
import { chapterMetadata, chaptersOf, chapterText } from '../../../stages/video/captions.ts'
import type { DocumentPictures } from '../../../stages/video/script/pictures.ts'
import { writeScript } from '../../../stages/video/script/write-script.ts'

const none: DocumentPictures = { shown: [], left: [] }
const scriptOf = (markdown: string, pictures = none) => writeScript(readMarkdown(markdown), pictures, 'en')

describe('writeScript', () => {
  it('shows a title with what follows it, and each thing when it is spoken of', () => {
    const { scenes, places } = scriptOf('# T\n\nA subtitle.\n\n## Points\n\n- One\n- Two\n\n```ts\nlet x\n```\n')
    expect(scenes.map(({ picture }) => [picture.kind, picture.title, picture.elements.length])).toEqual([
      ['title', 'T', 1],
      ['code', 'Points', 3],
    ])
    expect(scenes[1]?.speech.pieces.map(({ text }) => text)).toEqual(['One', 'Two'])
    // Code is not read out: it comes in with what is said before it.
    expect(scenes[1]?.cues).toEqual([0, 1, 1])
    expect(places).toEqual([1, 7])
  })

  it('says the notes of a scene instead of its text', () => {
    const [scene] = scriptOf('# T\n\n- One\n- Two\n\n<!-- First I say this. Then I say that. -->').scenes
    expect(scene?.speech.pieces.map(({ text }) => text)).toEqual(['First I say this.', 'Then I say that.'])
    expect(scene?.cues).toEqual([0, 1])
  })

  it('says a title once, also where pictures follow it; then the words that stand for a picture', () => {
    const shown = ['a.png', 'b.png', 'c.png'].map((path) => ({ path, name: path, width: 1600, height: 900 }))
    const { scenes } = scriptOf(
      '# Talk\n\n![a](a.png)\n\n![A house by the sea](b.png)\n\n![Screen shot.png](c.png)\n',
      { shown, left: [] },
    )
    expect(scenes.map(({ picture, speech }) => [picture.kind, speech.pieces.map(({ text }) => text)])).toEqual([
      ['title', ['Talk']],
      ['image', []],
      ['image', ['A house by the sea']],
      ['image', []],
    ])
  })

  it('makes a comparison of a small table of two columns', () => {
    const table = (columns: number) => [' a |', '---|', ' 1 |'].map((cell) => `|${cell.repeat(columns)}`).join('\n')
    expect(scriptOf(`# T\n\n## A\n\n${table(2)}`).scenes[1]?.picture.kind).toBe('comparison')
    expect(scriptOf(`# T\n\n## A\n\n${table(3)}`).scenes[1]?.picture.kind).toBe('table')
  })

  it('shows code and tables long enough to be read, and names pictures that it leaves out', () => {
    const pictures = { shown: [], left: [{ path: 'shot.png', why: 'it is gone' }] }
    const { scenes, left } = scriptOf('# T\n\n## A\n\n![shot](shot.png)\n\n```\none\ntwo\nthree\n```\n', pictures)
    expect(scenes[1]?.speech.leastS).toBeGreaterThan(4)
    expect(left).toEqual([{ path: 'shot.png', why: 'it is gone', line: 5 }])
  })

  it('puts what is too much for one scene into several, and loses nothing', () => {
    const items = Array.from({ length: 25 }, (_, index) => `- item ${index} ${'word '.repeat(index % 9)}`)
    const { scenes } = scriptOf(`# T\n\n## Many\n\n${items.join('\n')}`)
    expect(scenes.length).toBeGreaterThan(3)
    expect(scenes.flatMap(({ speech }) => speech.pieces).filter(({ text }) => /item \d+/.test(text))).toHaveLength(25)
    expect(new Set(scenes.slice(1).map(({ picture }) => picture.title))).toEqual(new Set(['Many']))
  })

  it('closes with a title of its own where the last section is short', () => {
    const last = (text: string) => scriptOf(`# T\n\n## A\n\nOne.\n\n## Thank you\n\n${text}`).scenes.at(-1)
    expect(last('Questions?')?.picture.kind).toBe('closing')
    expect(last('Questions?')?.speech.pieces.map(({ text }) => text)).toEqual(['Thank you', 'Questions?'])
    expect(last('Many words. '.repeat(12))?.picture.kind).toBe('text')
    expect(scriptOf('# T\n\n## A\n\nOne.\n\n## B\n\nTwo.').scenes[1]?.picture.kind).toBe('text')
  })

  it('shares a list among as few scenes as hold it, evenly', () => {
    const point = (index: number) => `- Point ${index} ${'of many words '.repeat(6)}`
    const counts = (points: number) =>
      scriptOf(`# T\n\n## Points\n\n${Array.from({ length: points }, (_, index) => point(index)).join('\n')}`)
        .scenes.slice(1)
        .map(({ picture }) => picture.elements.length)
    expect([3, 4, 5, 6, 7].map(counts)).toEqual([[3], [2, 2], [3, 2], [3, 3], [3, 2, 2]])
  })

  it('does not change a scene when another one changes', () => {
    const before = scriptOf('# T\n\n## A\n\nOne sentence.\n\n## B\n\nAnother one.').scenes
    const after = scriptOf('# T\n\n## A\n\nOne changed sentence.\n\n## B\n\nAnother one.').scenes
    expect(before.map((scene, index) => JSON.stringify(scene) === JSON.stringify(after[index]))).toEqual([
      true,
      false,
      true,
    ])
  })
})

describe('speechPieces', () => {
  it('are sentences, and the clauses of a sentence that is too long for a caption', () => {
    const long =
      'This sentence is much too long for two lines of a caption, and so it is spoken in two parts, each on its own.'
    expect(speechPieces(`Short one. ${long}`, 'en').map(({ text }) => text)).toEqual([
      'Short one.',
      'This sentence is much too long for two lines of a caption,',
      'and so it is spoken in two parts, each on its own.',
    ])
  })

  it('know an abbreviation and a number from the end of a sentence', () => {
    expect(speechPieces('Version 1.5 is out, e.g. for you. Take it.', 'en').map(({ text }) => text)).toEqual([
      'Version 1.5 is out, e.g. for you.',
      'Take it.',
    ])
  })
})

describe('chapters', () => {
  const scene = (title: string | undefined, startS: number, endS: number) => ({
    title,
    startS,
    endS,
    timing: { durationS: endS - startS, pieces: [] },
  })
  const chapters = chaptersOf([scene('A', 0, 12), scene('B', 12, 15), scene('C', 15, 30), scene('C', 30, 4000)], 'T')

  it('last ten seconds at least, and begin with a new title', () => {
    expect(chapters).toEqual([
      { title: 'A', startS: 0, endS: 12 },
      { title: 'B', startS: 12, endS: 30 },
      { title: 'C', startS: 30, endS: 4000 },
    ])
    expect(chapterText([...chapters, { title: 'Late', startS: 3661, endS: 4000 }])).toBe(
      '0:00 A\n0:12 B\n0:30 C\n1:01:01 Late\n',
    )
  })

  it('are escaped in metadata', () => {
    expect(chapterMetadata([{ title: 'a=b;c#d\\e', startS: 0, endS: 1.5 }], 'T')).toBe(
      ';FFMETADATA1\ntitle=T\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=a\\=b\\;c\\#d\\\\e\n',
    )
  })
})
