import { describe, expect, it } from 'vitest'
import { countSpoken } from '../../../stages/glossary/count-spoken.ts'
import { countTerms, hasTranslation, termsIn } from '../../../stages/glossary/find-terms.ts'
import { readGlossary } from '../../../stages/glossary/glossary.ts'

describe('a glossary', () => {
  it.each([
    ['CSV', 'term,translation\nbridge,puente\nReprise,\n'],
    ['CSV with a column a language', '\ufeffterm;fr;es\r\nbridge;pont;puente\r\n"Reprise";;\r\n'],
    ['CSV with tabs', 'source\ttarget\nbridge\tpuente\nReprise\t\n'],
    ['a map of YAML', 'bridge: puente\nReprise:\n'],
    ['a list of YAML', '- term: bridge\n  es: puente\n  fr: pont\n- Reprise\n'],
  ])('is read from %s', async (_, content) => {
    expect(await readGlossary(content, 'es')).toEqual({
      ok: true,
      value: [
        { term: 'bridge', translation: 'puente' },
        { term: 'Reprise', translation: 'Reprise' },
      ],
    })
  })

  it('has quotes, separators and line breaks in fields of CSV', async () => {
    expect(await readGlossary('term,translation\n"a ""b"", c","d\ne"\n', 'es')).toEqual({
      ok: true,
      value: [{ term: 'a "b", c', translation: 'd\ne' }],
    })
  })

  it.each([
    ['term,translation\n,puente\n', 'its entry 1 has no term'],
    ['[1, [2]]', "it has to be CSV with a head 'term,translation', or YAML with a list of terms"],
    ['a: [', "it is neither CSV with a head 'term,translation' nor YAML"],
  ])('says what is wrong with %j', async (content, error) => {
    expect(await readGlossary(content, 'es')).toEqual({ ok: false, error: expect.stringContaining(error) })
  })

  it.each([
    ['bridge', 'Two Bridges.', true],
    ['bridge', 'the bridge’s end', true],
    ['bridge', 'abridged', false],
    ['US', 'tell us', false],
    ['US', 'in the US, today', true],
    ['iPhone', 'an iphone', false],
    ['cat', 'category', false],
    ['C++', 'in C++, mostly', true],
    ['sound card', 'two sound  cards', true],
  ])('finds %j in %j: %s', (term, text, found) => {
    expect(termsIn(text, [{ term, translation: 'x' }])).toHaveLength(found ? 1 : 0)
  })

  it.each([
    ['puente', 'Los puentes viejos', true],
    ['puente', 'El punto', false],
    ['Brücke', 'an den Brücken', true],
    ['alt', 'die alten', true],
  ])('takes %j as translated in %j: %s', (translation, text, found) => {
    expect(hasTranslation(text, { term: 'x', translation })).toBe(found)
  })

  it('wants a term that is kept to be spelled the same', () => {
    expect(hasTranslation('con reprise', { term: 'Reprise', translation: 'Reprise' })).toBe(false)
    expect(hasTranslation('con Reprise', { term: 'Reprise', translation: 'Reprise' })).toBe(true)
  })

  it('counts terms, and the lines that lack them', () => {
    const terms = [{ term: 'bridge', translation: 'puente' }]
    const sources = ['The bridge', 'No river', 'Bridges']
    expect(countTerms(terms, sources, ['El puente', 'Ningún río', 'Pasos'])).toEqual([
      { ...terms[0], lines: 2, kept: 1, missedIn: [3] },
    ])
  })
})

describe('countSpoken', () => {
  it('counts how often each term was said, and how often it is spelled so, also in two cues', () => {
    const cues = [
      'Bridges, and the bridge’s end.',
      'We use re prise and the data',
      'base. REPRISE, or Reprise, is new.',
    ]
    expect(countSpoken(['bridge', 'Reprise', 'database', 'river', 'bridge'], cues)).toEqual([
      { term: 'bridge', said: 2, spelled: 2, otherwise: [] },
      {
        term: 'Reprise',
        said: 3,
        spelled: 1,
        otherwise: [
          { cue: 2, text: 're prise' },
          { cue: 3, text: 'REPRISE' },
        ],
      },
      { term: 'database', said: 1, spelled: 0, otherwise: [{ cue: 2, text: 'data base' }] },
      { term: 'river', said: 0, spelled: 0, otherwise: [] },
    ])
  })

  it('takes no other word for a short one in capitals, nor a part of a word', () => {
    expect(countSpoken(['US', 'art'], ['Tell us of the US party, part of U.S. art.'])).toEqual([
      { term: 'US', said: 2, spelled: 1, otherwise: [{ cue: 1, text: 'U.S' }] },
      { term: 'art', said: 1, spelled: 1, otherwise: [] },
    ])
    expect(countSpoken(['art'], [])).toEqual([{ term: 'art', said: 0, spelled: 0, otherwise: [] }])
  })
})
