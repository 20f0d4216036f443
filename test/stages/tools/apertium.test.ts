import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  apertium,
  apertiumPair,
  installedPairs,
  installedSources,
  modeDataDirs,
  noTranslation,
  translateArgs,
} from '../../../stages/tools/apertium.ts'
import { debianPackage, packagedPartners } from '../../../stages/tools/apertium-packages.ts'

const root = mkdtempSync(join(tmpdir(), 'reprise-apertium-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
mkdirSync(join(root, 'modes'))
const modeText = `lt-proc '${root}/apertium-eng-spa/a.bin' | tagger -g $2 '${root}/apertium-eng/b.prob' | lt-proc $1 '${root}/apertium-eng-spa/c.bin' '/etc/other'`
for (const mode of ['eng-spa', 'spa-eng', 'en-gl']) writeFileSync(join(root, 'modes', `${mode}.mode`), modeText)
writeFileSync(join(root, 'modes', 'README'), '')
const roots = ['/nowhere', root]

describe('apertium', () => {
  it('has the mode and the data that the mode refers to as its models', () => {
    expect(apertium('en', 'es', roots).models).toEqual([
      { name: 'eng-spa', path: `${root}/modes/eng-spa.mode` },
      { name: 'apertium-eng', path: `${root}/apertium-eng` },
      { name: 'apertium-eng-spa', path: `${root}/apertium-eng-spa` },
    ])
  })

  it('finds pairs that are named by short codes', () => {
    expect(apertiumPair('en', 'gl', roots)).toEqual({ mode: 'en-gl', root })
    expect(translateArgs(apertiumPair('en', 'gl', roots), '/t.txt')).toEqual(['-d', root, 'en-gl', '/t.txt'])
  })

  it('lacks the mode of a pair that is not installed, and says what there is', () => {
    const tool = apertium('en', 'ja', roots)
    expect(tool.models).toEqual([{ name: 'eng-jpn', path: '/nowhere/modes/eng-jpn.mode' }])
    expect(tool.install).toEqual({})
    expect(tool.hint?.()).toContain('Installed pairs: en-gl, eng-spa, spa-eng.')
    expect(tool.hint?.()).toMatch(/Debian packages pair en with: .*\bes\b.*\. A language model .*: translator=llm$/)
  })

  it('names the package of a pair that Debian has', () => {
    const tool = apertium('es', 'ca', roots)
    expect(tool.install.debian).toBe('apertium apertium-spa-cat')
    expect(tool.hint?.()).toBe('Installed pairs: en-gl, eng-spa, spa-eng')
  })

  it('tells its version', () => {
    const { parse } = apertium('en', 'es', roots).version
    expect(parse('Apertium 3.8.3\n')).toBe('3.8.3')
    expect(parse('USAGE: apertium')).toBeUndefined()
  })
})

describe('installedSources', () => {
  it('are the languages that a pair translates to another from, by their short codes', () => {
    expect(installedSources('es', roots)).toEqual(['en'])
    expect(installedSources('gl', roots)).toEqual(['en'])
    expect(installedSources('de', roots)).toEqual([])
    expect(installedSources('es', ['/nowhere'])).toEqual([])
  })
})

describe('noTranslation', () => {
  it('says what to install, or that only a language model translates', () => {
    expect(noTranslation('fr', 'es')).toBe(
      'apertium does not translate from fr to es here: apt-get install apertium apertium-fr-es, and run this command again; a language model translates between any two: -p translator=llm',
    )
    expect(noTranslation('de', 'en')).toContain('from de to en here: no package of Debian does; a language model')
  })
})

describe('modeDataDirs', () => {
  it('takes the directories below the root only, each once, sorted', () => {
    expect(modeDataDirs(modeText, root)).toEqual(['apertium-eng', 'apertium-eng-spa'])
    expect(modeDataDirs('', root)).toEqual([])
  })
})

describe('installedPairs', () => {
  it('lists modes, and nothing where there is none', () => {
    expect(installedPairs(roots)).toEqual(['en-gl', 'eng-spa', 'spa-eng'])
    expect(installedPairs(['/nowhere'])).toEqual([])
  })
})

describe('the packages', () => {
  it('are found by either code, in either direction', () => {
    expect(debianPackage('en', 'spa')).toBe('apertium-eng-spa')
    expect(debianPackage('gl', 'en')).toBe('apertium-en-gl')
    expect(debianPackage('en', 'ja')).toBeUndefined()
    expect(packagedPartners('eng')).toEqual(packagedPartners('en'))
    expect(packagedPartners('ja')).toEqual([])
  })
})
