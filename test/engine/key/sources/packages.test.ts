import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configText, type Project, projectOf, stageImports, stageText } from './project.ts'

const packageJson = (name: string, version: string, more: object = {}) => JSON.stringify({ name, version, ...more })
const installed = {
  'node_modules/dep/package.json': packageJson('dep', '1.0.0'),
  'node_modules/dep/index.js': 'exports.tail = "old"',
  'node_modules/other/package.json': packageJson('other', '1.0.0'),
  'node_modules/other/index.js': 'exports.tail = "other"',
}

/** A project with two stages: `asks` reads what `imports` brings as `tail`, `plain` reads nothing. */
function asking(imports: string, expression = 'tail', files: Readonly<Record<string, string>> = {}): Promise<Project> {
  return projectOf({
    ...installed,
    'reprise.config.ts': configText("import { asks } from './asks.ts'\nimport { plain } from './plain.ts'", [
      'asks',
      'plain',
    ]),
    'asks.ts': `${stageImports}${imports}\nexport const asks = ${stageText('asks', expression)}\n`,
    'plain.ts': `${stageImports}export const plain = ${stageText('plain', '1')}\n`,
    ...files,
  })
}

const throughTail = "import { tail } from './tail.ts'"

describe('an installed package', () => {
  it.each<[how: string, imports: string, expression?: string, files?: Readonly<Record<string, string>>]>([
    ['a default import', "import dep from 'dep'", 'dep.tail'],
    ['a named import', "import { tail } from 'dep'"],
    ['all of it', "import * as dep from 'dep'", 'dep.tail'],
    ['a file of it', "import { tail } from 'dep/index.js'"],
    ['another module', throughTail, 'tail', { 'tail.ts': "import dep from 'dep'\nexport const tail = dep.tail" }],
    ['a re-export', throughTail, 'tail', { 'tail.ts': "export { tail } from 'dep'" }],
    ['a re-export of everything', throughTail, 'tail', { 'tail.ts': "export * from 'dep'" }],
    ['an import that runs later', '', "(await import('dep')).tail"],
    ['a template without holes', '', '(await import(`dep`)).tail'],
    ['a constant', "const wanted = 'dep'", '(await import(wanted)).tail'],
    ['a template of constants', "const wanted = 'dep'", `(await import(\`\${wanted}/index.js\`)).tail`],
    ['a template with a hole', "const file = () => 'index.js'", `(await import(\`dep/\${file()}\`)).tail`],
    [
      'require',
      "const { createRequire } = await import('node:module')\nconst require = createRequire(import.meta.url)",
      "require('dep').tail",
    ],
    [
      'what createRequire returns, by another name',
      "import { createRequire as make } from 'node:module'\nconst load = make(import.meta.url)",
      "load('dep').tail",
    ],
    [
      'createRequire at once',
      "import * as module from 'node:module'",
      "module.createRequire(import.meta.url)('dep').tail",
    ],
    [
      'a name of the own package.json',
      "import { tail } from '#dep'",
      'tail',
      { 'package.json': '{ "imports": { "#dep": "dep" } }' },
    ],
  ])('is in the key by its version: through %s', async (_, imports, expression, files) => {
    const project = await asking(imports, expression, files)
    await project.changed()
    const { asks, plain } = await project.sources()
    expect(asks).toMatchObject({ kind: 'known', packages: { dep: '1.0.0' } })
    expect(plain).toMatchObject({ kind: 'known' })
    expect(plain).not.toHaveProperty('packages.dep')
    project.write('node_modules/dep/package.json', packageJson('dep', '2.0.0'))
    project.write('node_modules/other/package.json', packageJson('other', '2.0.0'))
    expect(await project.changed()).toEqual(['asks'])
  })

  it('that is imported for its effect is in the key of all that is loaded with it', async () => {
    const project = await asking("import 'dep'", '1')
    await project.changed()
    project.write('node_modules/dep/package.json', packageJson('dep', '2.0.0'))
    expect(await project.changed()).toEqual(['asks', 'plain'])
  })

  it('counts with the versions of the packages that it needs itself', async () => {
    const project = await asking("import { tail } from 'dep'", 'tail', {
      'node_modules/dep/package.json': packageJson('dep', '1.0.0', { dependencies: { inner: '*', other: '*' } }),
      'node_modules/dep/node_modules/inner/package.json': packageJson('inner', '1.0.0', {
        dependencies: { deepest: '*' },
      }),
      'node_modules/deepest/package.json': packageJson('deepest', '1.0.0'),
    })
    await project.changed()
    const inner = (version: string) => packageJson('inner', version, { dependencies: { deepest: '*' } })
    project.write('node_modules/dep/node_modules/inner/package.json', inner('1.1.0'))
    expect(await project.changed()).toEqual(['asks'])
    for (const name of ['other', 'deepest']) {
      project.write(`node_modules/${name}/package.json`, packageJson(name, '1.1.0'))
      expect(await project.changed()).toEqual(['asks'])
    }
    project.write('node_modules/dep/node_modules/deepest/package.json', packageJson('deepest', '3.0.0'))
    expect(await project.changed()).toEqual(['asks'])
  })

  it('counts by its files where its version says nothing of them', async () => {
    const project = await asking("import { tail } from 'dep'", 'tail', {
      'package.json': JSON.stringify({ dependencies: { dep: 'file:../dep', other: '^1.0.0' } }),
    })
    await project.changed()
    project.write('node_modules/dep/index.js', 'exports.tail = "new"')
    expect(await project.changed()).toEqual(['asks'])
    project.write('node_modules/other/index.js', 'exports.tail = "new"')
    expect(await project.changed()).toEqual([])
  })
})

describe('a package that is linked into the project', () => {
  const words = {
    'packages/words/package.json': packageJson('@me/words', '1.0.0', {
      exports: {
        '.': { types: './index.d.ts', import: './index.ts' },
        './lists/*': './lists/*.ts',
        './more': './more.ts',
      },
    }),
    'packages/words/index.ts':
      "import { suffix } from './suffix.ts'\nexport const words = () => suffix\nexport const unused = 1\n",
    'packages/words/suffix.ts': "export const suffix = 'old'\n",
    'packages/words/more.ts': "import { tail } from 'dep'\nexport const more = () => tail\n",
    'packages/words/lists/short.ts': "export const short = ['a']\n",
  }

  async function linked(imports: string, expression: string) {
    const project = await asking(imports, expression, words)
    mkdirSync(dirname(project.path('node_modules/@me/words')), { recursive: true })
    symlinkSync('../../packages/words', project.path('node_modules/@me/words'))
    await project.changed()
    return project
  }

  it('counts by its source, and only by what of it is reached', async () => {
    const project = await linked("import { words } from '@me/words'", 'words()')
    project.write('packages/words/suffix.ts', "export const suffix = 'new'\n")
    expect(await project.changed()).toEqual(['asks'])
    project.write('packages/words/index.ts', words['packages/words/index.ts'].replace('unused = 1', 'unused = 2'))
    project.write('packages/words/package.json', words['packages/words/package.json'].replace('1.0.0', '1.1.0'))
    expect(await project.changed()).toEqual([])
  })

  it('counts by what its package.json says that a name is', async () => {
    const project = await linked(
      "import { short } from '@me/words/lists/short'\nimport { more } from '@me/words/more'",
      '[short, more()]',
    )
    project.write('packages/words/lists/short.ts', "export const short = ['b']\n")
    expect(await project.changed()).toEqual(['asks'])
    project.write('node_modules/dep/package.json', packageJson('dep', '2.0.0'))
    expect(await project.changed()).toEqual(['asks'])
  })
})
