import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalStore } from '../store/index.ts'
import { type Bench, type BenchContext, compare, ours, valueIn } from './bench.ts'
import type { Comparison, Contender } from './measure.ts'
import { program } from './peers.ts'
import { smallBlocks, writeSmallFiles, writeWav } from './scratch.ts'

const smallFileBytes = 4096

/** Hashing as a run does it: a store's digests of files that it has not seen in this state. */
function hashing(store: LocalStore, paths: readonly string[]): Contender {
  return {
    name: ours,
    // A touched file is not remembered, so its bytes are read again.
    before() {
      const now = new Date()
      for (const path of paths) utimesSync(path, now, now)
    },
    async run() {
      for (const result of await store.ledger.fileDigests.digests(paths)) valueIn(result)
    },
  }
}

async function run({ dir, quick, measure, built }: BenchContext): Promise<Comparison[]> {
  const wavBytes = quick ? 128 * 1024 * 1024 : 1024 * 1024 * 1024
  const smallCount = quick ? 2_000 : 10_000
  const size = quick ? '128 MiB' : '1 GiB'
  const names = ['one.wav', 'two.wav']
  const wavs = names.map((name) => join(dir, name))
  wavs.forEach((path, index) => {
    writeWav(path, wavBytes, index + 1)
  })
  const smallDir = join(dir, 'small')
  const smallNames = writeSmallFiles(smallDir, smallBlocks(smallCount, smallFileBytes, 3))
  const smallPaths = smallNames.map((name) => join(smallDir, name))
  const store = await built.openStore(join(dir, 'store'))
  try {
    return [
      ...(await compare(
        {
          work: `hash one ${size} WAV`,
          bytes: wavBytes,
          contenders: [
            hashing(store, wavs.slice(0, 1)),
            program('b3sum --num-threads 1', [['b3sum', '--num-threads', '1', 'one.wav']], { cwd: dir }),
            program('b3sum', [['b3sum', 'one.wav']], { cwd: dir }),
            program('sha256sum', [['sha256sum', 'one.wav']], { cwd: dir }),
          ],
          targets: {
            'b3sum --num-threads 1': { kind: 'speed', atLeast: 1.2 },
            b3sum: { kind: 'speed', atLeast: 0.75 },
            sha256sum: { kind: 'speed', atLeast: 10 },
          },
        },
        measure,
      )),
      ...(await compare(
        {
          work: `hash two ${size} WAVs at once`,
          bytes: 2 * wavBytes,
          contenders: [hashing(store, wavs), program('b3sum', [['b3sum', ...names]], { cwd: dir })],
          targets: { b3sum: { kind: 'speed', atLeast: 0.75 } },
        },
        measure,
      )),
      ...(await compare(
        {
          work: `hash ${smallCount} files of 4 KiB`,
          contenders: [
            hashing(store, smallPaths),
            program('b3sum', [['b3sum', ...smallNames]], { cwd: smallDir }),
            program('sha256sum', [['sha256sum', ...smallNames]], { cwd: smallDir }),
          ],
          targets: { b3sum: { kind: 'speed', atLeast: 1 } },
        },
        measure,
      )),
    ]
  } finally {
    await store.close()
    // The small ones stay to the end, because removing many slows down what is measured next.
    for (const path of wavs) rmSync(path)
  }
}

/** Hashing audio and many small files, against the hashing programs. */
export const hashBench: Bench = { name: 'hash', title: 'Hashing', run }
