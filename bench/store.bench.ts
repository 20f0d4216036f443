import { join } from 'node:path'
import type { Bench, BenchContext } from './bench.ts'
import { materializeLarge, materializeSmall } from './materializing.ts'
import type { Comparison } from './measure.ts'
import { makeFiles } from './store-files.ts'
import { storeLarge, storeSmall } from './storing.ts'

async function run(context: BenchContext): Promise<Comparison[]> {
  const files = makeFiles(context)
  const stored = [...(await storeLarge(context, files)), ...(await storeSmall(context, files))]
  const store = await context.built.openStore(join(context.dir, 'store'))
  try {
    return [
      ...stored,
      ...(await materializeLarge(context, files, store)),
      ...(await materializeSmall(context, files, store)),
    ]
  } finally {
    await store.close()
  }
}

/** Bringing artifacts into the store and back, against copying them. */
export const storeBench: Bench = { name: 'store', title: 'Store', run }
