import { defineConfig } from 'tsdown'

/** Native modules stay outside the bundle; everything else is inlined, because a run with nothing to do is mostly start-up. */
const nativeModules = ['lmdb', '@napi-rs/blake-hash', 'jiti']

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    store: 'store/index.ts',
    stages: 'stages/index.ts',
    cli: 'src/cli/main.ts',
    'digest-worker': 'store/digest-worker.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  clean: true,
  external: nativeModules,
  noExternal: (id) => !nativeModules.includes(id) && !id.startsWith('node:'),
  inputOptions: { checks: { pluginTimings: false } },
})
