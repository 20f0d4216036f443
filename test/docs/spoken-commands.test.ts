import { describe, expect, it } from 'vitest'
import { blocksOf, pagePaths } from './page.ts'
import { mistakeOf, spokenCommands } from './spoken-commands.ts'

const block = (language: string, ...lines: string[]) => ({ at: 0, language, options: new Map(), lines })

describe('the examples that no test runs', () => {
  it('are commands, flags, inputs, params and values that there are', async () => {
    const said = pagePaths().flatMap((path) =>
      blocksOf(path)
        .filter(({ options }) => options.has('norun'))
        .flatMap((one) => spokenCommands(one).map((words) => ({ where: `${path}:${one.at + 1}`, words }))),
    )
    expect(said.length).toBeGreaterThan(30)
    const mistakes = await Promise.all(
      said.map(async ({ words, ...at }) => ({ ...at, mistake: await mistakeOf(words) })),
    )
    expect(mistakes.filter(({ mistake }) => mistake !== undefined)).toEqual([])
  })

  it('are read as a shell reads them', () => {
    const lines = ['KEY=1 reprise run levels "a b.wav" \\', '  -p x=1 > out.txt   # a remark', 'ls | cat; reprise list']
    expect(spokenCommands(block('sh', ...lines))).toEqual([['run', 'levels', 'a b.wav', '-p', 'x=1'], ['list']])
    expect(spokenCommands(block('console', '$ reprise list', 'reprise is what it prints'))).toEqual([['list']])
  })

  it.each([
    ['runn film.mp4', "there is no command 'runn'"],
    ['run subtitles film.mp4 --too es', "unknown flag '--too'"],
    ['run subtitles film.mp4 -p too=es', "did you mean 'to'?"],
    ['run convert subs.srt -p to=ttml,stl', 'ttml,stl'],
    ['run subtitles film.mp4 --input glosary=terms.csv', "there is no input 'glosary'"],
  ])('%s is a mistake', async (line, mistake) => {
    expect(await mistakeOf(line.split(' '))).toContain(mistake)
  })
})
