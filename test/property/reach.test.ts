import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configText, projectOf, stageImports, stageText } from '../engine/key/sources/project.ts'

const kinds = ['function', 'arrow', 'class', 'object', 'constant', 'enum'] as const
const styles = ['name', 'other name', 'barrel', 'module', 'late'] as const

/** A declaration of the project, which reads others. Numbers stand for whatever there is to choose from. */
interface Drawn {
  readonly kind: (typeof kinds)[number]
  readonly file: number
  readonly reads: readonly number[]
  readonly style: (typeof styles)[number]
}

const filesCount = 4
const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom(...kinds),
  file: fc.nat({ max: filesCount - 1 }),
  reads: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }),
  style: fc.constantFrom(...styles),
})
const projects = fc.record({
  declarations: fc.array(drawn, { minLength: 2, maxLength: 9 }),
  stages: fc.array(fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 4 }),
  edits: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 3 }),
})

/** Returns the declarations that one reads itself. Values are made when a file is loaded, and read earlier ones only. */
function readsOf(declarations: readonly Drawn[], index: number): readonly number[] {
  const { kind, reads } = declarations[index] ?? { kind: 'constant', reads: [] }
  if (kind === 'constant' || kind === 'enum') return []
  const chosen = reads.map((number) => number % declarations.length)
  return [...new Set(kind === 'object' ? chosen.filter((other) => other < index) : chosen)]
}

/** Returns what is reached, as the language defines it. */
function reachedFrom(declarations: readonly Drawn[], roots: readonly number[]): ReadonlySet<number> {
  const reached = new Set(roots)
  for (const index of reached) {
    const { file: from } = declarations[index] ?? {}
    for (const read of readsOf(declarations, index)) {
      const { style, file } = declarations[read] ?? {}
      // Of a module that is imported later, everything is reached.
      const isWhole = style === 'late' && file !== from
      declarations.forEach((other, number) => {
        if (number === read || (isWhole && other.file === file)) reached.add(number)
      })
    }
  }
  return reached
}

/** Returns how one file reads a declaration of another. */
function use(
  index: number,
  { style, file }: Drawn,
  from: number | undefined,
): { readonly text: string; readonly import?: string } {
  const name = `d${index}`
  if (file === from) return { text: name }
  switch (style) {
    case 'name':
      return { text: name, import: `import { ${name} } from './f${file}.ts'` }
    case 'other name':
      return { text: `other${index}`, import: `import { ${name} as other${index} } from './f${file}.js'` }
    case 'barrel':
      return { text: name, import: `import { ${name} } from './barrel'` }
    case 'module':
      return { text: `f${file}.${name}`, import: `import * as f${file} from './f${file}.ts'` }
    case 'late':
      return { text: `import('./f${file}.ts')` }
    default:
      return style satisfies never
  }
}

function declarationText(name: string, { kind }: Drawn, reads: readonly string[], value: number): string {
  const list = `[${[value, ...reads].join(', ')}]`
  switch (kind) {
    case 'function':
      return `export function ${name}(): unknown { return ${list} }`
    case 'arrow':
      return `export const ${name} = (): unknown => ${list}`
    case 'class':
      return `export class ${name} { value(): unknown { return ${list} } }`
    case 'object':
      return `export const ${name} = { value: ${list} as unknown }`
    case 'constant':
      return `export const ${name} = ${value}`
    case 'enum':
      return `export enum ${name} { Value = ${value} }`
    default:
      return kind satisfies never
  }
}

function filesOf(declarations: readonly Drawn[], stages: readonly (readonly number[])[], values: readonly number[]) {
  const imports = new Map<string, Set<string>>()
  const bodies = new Map<string, string[]>()
  const names = Array.from({ length: filesCount }, (_, file) => `f${file}.ts`)
  const reader = (file: string, from: number | undefined) => (index: number) => {
    const drawn = declarations[index]
    if (drawn === undefined) return ''
    const used = use(index, drawn, from)
    if (used.import !== undefined) imports.set(file, (imports.get(file) ?? new Set()).add(used.import))
    return used.text
  }
  for (const [index, drawn] of declarations.entries()) {
    const file = `f${drawn.file}.ts`
    const reads = readsOf(declarations, index).map(reader(file, drawn.file))
    bodies.set(file, [...(bodies.get(file) ?? []), declarationText(`d${index}`, drawn, reads, values[index] ?? 0)])
  }
  const stageTexts = stages.map((roots, number) => {
    const list = roots.map(reader('stages.ts', undefined)).join(', ')
    return `export const s${number} = ${stageText(`s${number}`, `[${list}]`)}`
  })
  const all = stages.map((_, number) => `s${number}`)
  const text = (file: string) => [...(imports.get(file) ?? []), ...(bodies.get(file) ?? ['export {}'])].join('\n')
  return {
    ...Object.fromEntries(names.map((name) => [name, text(name)])),
    'barrel.ts': names.map((name) => `export * from './${name}'`).join('\n'),
    'stages.ts': [stageImports, ...(imports.get('stages.ts') ?? []), ...stageTexts].join('\n'),
    'reprise.config.ts': configText(`import { ${all.join(', ')} } from './stages.ts'`, all),
  }
}

describe('what is executed again after an edit of some declarations', () => {
  it('is what reaches them', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(projects, async ({ declarations, stages: drawnStages, edits }) => {
        const stages = drawnStages.map((roots) => roots.map((root) => root % declarations.length))
        const values = declarations.map(() => 1)
        const project = await projectOf(filesOf(declarations, stages, values))
        await project.changed()
        for (const edit of edits) {
          const edited = edit % declarations.length
          values[edited] = (values[edited] ?? 0) + 1
          for (const [name, text] of Object.entries(filesOf(declarations, stages, values))) project.write(name, text)
          const expected = stages.flatMap((roots, number) => {
            const late = roots.flatMap((root) => {
              const { style, file } = declarations[root] ?? {}
              return declarations.flatMap((other, index) => (style === 'late' && other.file === file ? [index] : []))
            })
            return reachedFrom(declarations, [...roots, ...late]).has(edited) ? [`s${number}`] : []
          })
          expect(await project.changed()).toEqual(expected)
        }
      }),
      { numRuns: 25 },
    )
  })
})
