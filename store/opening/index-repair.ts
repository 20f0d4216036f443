import type { IndexRepair } from '../contract/local/local-store.ts'

/** The name of the memo that says when an index was rebuilt, in ISO 8601: what is missing since may have been lost. */
export const indexRebuiltMemo = 'index rebuilt'

/** Tells what became of a damaged index, in a line. */
export function describeIndexRepair(dir: string, repair: IndexRepair): string {
  const { problems, movedTo, actions, adoptedBlobs } = repair
  const kept = `kept ${actions} actions, found ${adoptedBlobs} more blobs`
  const where = movedTo === undefined ? '' : `; the old one is ${movedTo}`
  return `the index of the store ${dir} was damaged (${problems[0] ?? 'it was missing'}) and has been rebuilt: ${kept}; other results are recovered from job directories when the jobs run again${where}`
}
