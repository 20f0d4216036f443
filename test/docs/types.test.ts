import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../rig/workbench.ts'
import { blocksOf, pagePaths, root } from './page.ts'

/** Writes the files of a page; where one is written again, the page goes on in a copy of the folder. */
function writeFiles(path: string, dir: string): readonly string[] {
  let version = 0
  const versionDir = () => join(dir, path.replace(/\W/g, '-'), String(version))
  const files: string[] = []
  for (const { options, lines } of blocksOf(path)) {
    const name = options.get('file')
    if (name === undefined) continue
    if (existsSync(join(versionDir(), name))) {
      const before = versionDir()
      version += 1
      cpSync(before, versionDir(), { recursive: true })
    }
    const file = join(versionDir(), name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${lines.join('\n')}\n`)
    if (name.endsWith('.ts')) files.push(file)
  }
  return files
}

it('gives the programs and configs of the docs the types of the build', () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(dir, 'node_modules'))
  for (const [name, path] of Object.entries({ reprise: '.', zod: 'node_modules/zod', '@types': 'node_modules/@types' }))
    symlinkSync(join(root, path), join(dir, 'node_modules', name))
  const files = pagePaths().flatMap((path) => writeFiles(path, dir))
  expect(files.length).toBeGreaterThan(0)
  const compilerOptions = {
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    skipLibCheck: false,
  }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})
