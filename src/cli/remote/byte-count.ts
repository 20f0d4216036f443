import { sizeText } from '../../report/text/amounts.ts'
import type { CliContext } from '../command-line/cli-context.ts'

const drawEveryMs = 100

/** Returns a line on a terminal with how many bytes were moved, where it is not known how many there are. */
export function byteCount(
  doing: string,
  { stderr, now }: Pick<CliContext, 'stderr' | 'now'>,
): { readonly show: (bytes: number) => void; readonly end: () => void } {
  let shownMs = Number.NEGATIVE_INFINITY
  let drawn = false
  return {
    show(bytes) {
      if (!stderr.isTerminal || now() - shownMs < drawEveryMs) return
      shownMs = now()
      drawn = true
      stderr.write(`\r${doing}: ${sizeText(bytes)}\u001b[K`)
    },
    end() {
      if (drawn) stderr.write('\r\u001b[K')
      drawn = false
    },
  }
}
