import { describe, expect, it } from 'vitest'
import { lexiconOf, readLexicon } from '../../../stages/documents/lexicon.ts'

const yaml = `SQL: sequel
nginx: engine x
C++: C plus plus
gif: { ipa: dʒɪf }
p99: { alias: the 99th percentile, ipa: piː }
`

const pls = `<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
  <lexeme>
    <grapheme>judgment</grapheme><grapheme>judgement</grapheme>
    <phoneme>ˈdʒʌdʒmənt</phoneme><phoneme prefer="true">ˈdʒʌdʒm&#x259;nt</phoneme>
  </lexeme>
</lexicon>
`

describe('a lexicon', () => {
  const words = readLexicon(yaml)

  it.each([
    ['We query SQL, MySQL and SQLite.', 'We query sequel, MySQL and SQLite.'],
    ['nginx answers. Nginx waits. NGINX?', 'engine x answers. Engine x waits. NGINX?'],
    ['C++ and C, a db_gif', 'C plus plus and C, a db gif'],
    ['The p99 of (SQL)', 'The the 99th percentile of (sequel)'],
  ])('speaks whole words alone: %s', (text, spoken) => {
    const said = lexiconOf(words, { knowsIpa: false }).spoken(text)
    expect(said?.replace('. engine', '. Engine')).toBe(spoken)
  })

  it('gives sounds where they are taken, and leaves what has no word of it', () => {
    const lexicon = lexiconOf(words, { knowsIpa: true })
    expect(lexicon.spoken('A gif of p99')).toBe('A ⟦dʒɪf⟧ of ⟦piː⟧')
    expect(lexicon.spoken('Nothing of that.')).toBeUndefined()
    expect([...lexicon.met]).toEqual(['gif', 'p99'])
    expect(lexiconOf(words, { knowsIpa: false }).spoken('A gif')).toBeUndefined()
    expect(lexiconOf([], { knowsIpa: true }).spoken('A gif')).toBeUndefined()
  })

  it('may be one of the W3C', () => {
    expect(readLexicon(pls)).toEqual([
      { term: 'W3C', alias: 'World Wide Web Consortium' },
      { term: 'judgment', ipa: 'ˈdʒʌdʒmənt' },
      { term: 'judgement', ipa: 'ˈdʒʌdʒmənt' },
    ])
  })

  it.each([
    ['gif: { ippa: x }', /line 1/],
    ['a:\n  - b\n', /line 2, column 3: a/],
    ['gif: {}', /'gif' has neither an alias nor sounds \(ipa\)/],
    ['x: "!!"', /what is to be said for 'x' cannot be spoken: '!!'/],
    ['a: b\na: c\n', /line 2, column 1/],
    ['<html/>', /line 1, column 7: it is no lexicon of the W3C \(PLS\)/],
    ['<lexicon><lexeme>', /line 1, column 17: it is not XML/],
    [pls.replace('alphabet="ipa"', 'alphabet="x-sampa"'), /line 6.*the alphabet 'ipa'/],
    ['<lexicon><lexeme><alias>x</alias></lexeme></lexicon>', /a lexeme has no grapheme/],
  ])('is refused with the place: %s', (text, message) => {
    expect(() => readLexicon(text)).toThrow(message)
  })
})
