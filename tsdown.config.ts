import { defineConfig } from 'tsdown'

/**
 * What stays outside the bundle: native modules, and the loader of configs, which is large and rarely needed.
 * Everything else is inlined, because a run with nothing to do is mostly start-up.
 */
const outside = ['lmdb', '@napi-rs/blake-hash', 'jiti']

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
  fixedExtension: false,
  dts: true,
  clean: true,
  deps: {
    neverBundle: outside,
    alwaysBundle: (id) => !outside.includes(id) && !id.startsWith('node:'),
    onlyBundle: false,
  },
  inputOptions: { checks: { pluginTimings: false } },
})
