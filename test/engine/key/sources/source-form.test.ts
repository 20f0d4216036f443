import { describe, expect, it } from 'vitest'
import { sourceForm } from '../../../../src/engine/key/sources/source-form.ts'

/** Returns what of a file is the same however it is written, and what it imports. */
function formOf(text: string, path = '/project/stage.ts') {
  const { digest, parts, before, isWhole } = sourceForm(path, Buffer.from(text))
  const facts = parts.map(({ lines: _, ...facts }) => facts)
  const loads = parts.flatMap(({ loads = [] }) => loads)
  return { digest: JSON.stringify([digest, facts, isWhole]), imports: [...new Set([...before, ...loads])].sort() }
}

const program = `
import { readFile } from 'node:fs/promises'
// shouts
export const shout = async (path: string, { times = 1, 'mark': end = '!' } = {}) => {
  const text = (await readFile(path, 'utf8')).toUpperCase()
  return [text, end].join('').repeat(times)
}
`

describe('the form of a source file', () => {
  it.each([
    ['comments', program.replace('// shouts', '/** Shouts, as\n * one does. */')],
    ['line breaks and indentation', program.replaceAll('\n', '\n\n').replaceAll('  ', '\t')],
    ['quotes and semicolons', program.replaceAll("'", '"').replace('toUpperCase()', 'toUpperCase();')],
    ['trailing commas and broken lines', program.replace('[text, end]', '[\n text,\n end,\n]')],
    ['needless parentheses', program.replace('return [text, end]', 'return ([text, (end)])')],
    ['quoted keys', program.replace("'mark'", 'mark')],
    ['types', `${program.replace('path: string', 'path: string | number')}export interface Other { a: 1 }`],
    ['how numbers are written', program.replace('times = 1', 'times = 0x1')],
  ])('does not depend on %s', (_, other) => {
    expect(other).not.toBe(program)
    expect(formOf(other).digest).toBe(formOf(program).digest)
  })

  it.each([
    ['a value', program.replace("'!'", "'?'")],
    ['a name', program.replaceAll('times', 'often')],
    ['an operator', program.replace('[text, end]', '[text + end]')],
    ['the end of a statement', program.replace('return [', 'return\n [')],
    ['the text of a template', program.replace("'!'", '`! `')],
    ['a condition', program.replace('return [', 'if (times > 1) return [')],
    ['a parameter property', `${program}class A { constructor(private a: number) {} }`],
  ])('differs with %s', (_, other) => {
    expect(formOf(other).digest).not.toBe(formOf(program).digest)
  })

  it('names what is imported when it runs', () => {
    const { imports } = formOf(`
      import a from './a.ts'
      import type { B } from './b.ts'
      import { type C } from './c.ts'
      export * from '../d.js'
      export type { E } from './e.ts'
      export { f } from '#f'
      const g = await import('./g.ts'), h = require('./h.cjs')
      new Worker(new URL('./worker.ts', import.meta.url))
      import z from 'zod'
      const text = 'import("./no.ts")'
      export { a, z }
    `)
    expect(imports).toEqual(['#f', '../d.js', './a.ts', './g.ts', './h.cjs', './worker.ts', 'zod'])
  })

  it('takes what is no program as it stands, and what cannot be parsed', () => {
    expect(formOf('{ "a": 1 }', '/project/a.json').digest).not.toBe(formOf('{"a":1}', '/project/a.json').digest)
    expect(formOf('const = 1').digest).not.toBe(formOf('const  = 1').digest)
  })

  it('is that of JavaScript, decorators and JSX, too', () => {
    const jsx = formOf('export const a = <b c="d">e</b> // f', '/project/a.tsx').digest
    expect(formOf('export const a = (<b c="d">e</b>)', '/project/a.tsx').digest).toBe(jsx)
    const js = formOf('module.exports = { a: 1 } // b', '/project/a.cjs').digest
    expect(formOf('module.exports = {a: 1};', '/project/a.cjs').digest).toBe(js)
    expect(formOf('@sealed class A {}').digest).not.toBe(formOf('class A {}').digest)
  })
})
