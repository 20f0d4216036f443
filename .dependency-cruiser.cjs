/** The import table and the powers of ARCHITECTURE.md, as rules. */
const only = (name, comment, module, allowedFrom) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: [...allowedFrom, '^test/', '^bench/'] },
  to: { path: module },
})
const layer = (from, allowed, extra = {}) => ({
  name: `${from}-imports`,
  comment: `${from} may import ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^${from}/` },
  to: {
    path: '^(store|src|stages|bench|test)/',
    pathNot: [`^${from}/`, ...allowed.map((path) => `^${path}`)],
    ...extra,
  },
})

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '^test/', '^bench/'] },
      to: {},
    },
    layer('store', []),
    layer('src/core', ['store/index.ts']),
    {
      name: 'core-takes-only-types-from-store',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^store/', dependencyTypesNot: ['type-only'] },
    },
    layer('src/engine', ['src/core/', 'src/loading/', 'store/index.ts']),
    layer('src/report', ['src/core/']),
    layer('stages', ['src/core/']),
    layer('src/cli', ['src/', 'store/index.ts', 'stages/index.ts']),
    {
      name: 'store-has-one-door',
      severity: 'error',
      from: { pathNot: ['^store/', '^test/store/', '^bench/'] },
      to: { path: '^store/', pathNot: '^store/index.ts$' },
    },
    only('lmdb-in-one-file', 'lmdb is imported in one file', 'node_modules/lmdb/', ['^store/lmdb/open-lmdb\\.ts$']),
    only('consola-in-report', 'consola is imported only in src/report', 'node_modules/consola/', ['^src/report/']),
    only('citty-in-cli', 'citty is imported only in src/cli', 'node_modules/citty/', ['^src/cli/']),
    only('one-file-spawns', 'node:child_process is imported in one file', '^(node:)?child_process$', [
      '^src/engine/process/process\\.ts$',
    ]),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^bench/results/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
