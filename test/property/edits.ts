import fc from 'fast-check'
import type { World } from './evaluate.ts'
import { type Drawn, items, salts } from './program.ts'

/** What a person, a program or a disk does between two runs. Numbers stand for whatever there is to choose from. */
export type Edit =
  | { readonly edit: 'input'; readonly text: string }
  | { readonly edit: 'salt'; readonly step: number; readonly salt: number }
  | { readonly edit: 'insert' | 'remove' | 'move'; readonly step: number; readonly at: number; readonly item: string }
  | { readonly edit: 'version'; readonly work: 'write' | 'spread' | 'judge'; readonly version: number }
  | { readonly edit: 'touch' | 'delete-job' | 'reopen-store' }
  | { readonly edit: 'tamper'; readonly file: number; readonly how: 'flip' | 'grow' | 'delete' | 'add' }
  | { readonly edit: 'damage'; readonly blob: number; readonly how: 'delete' | 'truncate' | 'flip' }
  | { readonly edit: 'remove-action'; readonly action: number }

const number = fc.nat({ max: 40 })
const texts = ['one', 'two', 'three'] as const

export const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ edit: fc.constant('input' as const), text: fc.constantFrom(...texts) }),
  fc.record({ edit: fc.constant('salt' as const), step: number, salt: salts }),
  fc.record({
    edit: fc.constantFrom('insert' as const, 'remove' as const, 'move' as const),
    step: number,
    at: number,
    item: fc.constantFrom(...items),
  }),
  fc.record({
    edit: fc.constant('version' as const),
    work: fc.constantFrom('write' as const, 'spread' as const, 'judge' as const),
    version: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ edit: fc.constantFrom('touch' as const, 'delete-job' as const, 'reopen-store' as const) }),
  fc.record({
    edit: fc.constant('tamper' as const),
    file: number,
    how: fc.constantFrom('flip' as const, 'grow' as const, 'delete' as const, 'add' as const),
  }),
  fc.record({
    edit: fc.constant('damage' as const),
    blob: number,
    how: fc.constantFrom('delete' as const, 'truncate' as const, 'flip' as const),
  }),
  fc.record({ edit: fc.constant('remove-action' as const), action: number }),
)

/** What the edits of a pipeline's author change. */
export interface Authored {
  readonly drawn: readonly Drawn[]
  readonly world: World
}

/** Returns what an author's edit makes of a program and its world; other edits change nothing of it. */
export function authored({ drawn, world }: Authored, edit: Edit): Authored {
  switch (edit.edit) {
    case 'input':
      return { drawn, world: { ...world, source: edit.text } }
    case 'version':
      return { drawn, world: { ...world, versions: { ...world.versions, [edit.work]: edit.version } } }
    case 'salt':
      return { world, drawn: withStep(drawn, edit.step, (step) => ({ ...step, salt: edit.salt })) }
    case 'insert':
    case 'remove':
    case 'move':
      return { world, drawn: withStep(drawn, edit.step, (step) => ({ ...step, list: listAfter(step.list, edit) })) }
    case 'touch':
    case 'delete-job':
    case 'reopen-store':
    case 'tamper':
    case 'damage':
    case 'remove-action':
      return { drawn, world }
    default:
      return edit satisfies never
  }
}

function withStep(drawn: readonly Drawn[], at: number, change: (step: Drawn) => Drawn): readonly Drawn[] {
  return drawn.map((step, index) => (index === at % drawn.length ? change(step) : step))
}

/** A list that is known when the pipeline is built holds no element twice. */
function listAfter(
  list: readonly string[],
  { edit, at, item }: Extract<Edit, { readonly edit: 'insert' | 'remove' | 'move' }>,
): readonly string[] {
  if (edit === 'insert') return list.includes(item) ? list : list.toSpliced(at % (list.length + 1), 0, item)
  const from = at % Math.max(1, list.length)
  const without = list.toSpliced(from, 1)
  const moved = list[from]
  return edit === 'remove' || moved === undefined ? without : [moved, ...without]
}
