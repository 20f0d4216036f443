import type { Carried } from '../../../store/index.ts'
import { countText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'

/** Returns what was carried as lines: `sent 3 results (1.2 GB) to /mnt/cache; 2 were there`. */
export function carriedLines(
  { results, bytes, present, leftOut }: Carried,
  words: { readonly done: string; readonly where: string },
): readonly string[] {
  const head = `${words.done} ${countText(results, 'result')} (${sizeText(bytes)}) ${printable(words.where)}`
  const there =
    present === 0 ? '' : `; ${countText(present, 'more result')} ${present === 1 ? 'was' : 'were'} there already`
  if (leftOut.length === 0) return [head + there]
  return [
    head + there,
    'left out:',
    ...columns(
      leftOut.map(({ key, why }) => [key.slice(0, 12), printable(why)]),
      '  ',
    ),
  ]
}
