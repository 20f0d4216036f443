/** The import table and the powers of ARCHITECTURE.md, as rules. */
const only = (name, comment, module, allowedFrom) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: [...allowedFrom, '^test/', '^bench/'] },
  to: { path: module },
})

/** `from` may import these, besides itself. */
const layer = (from, allowed) => ({
  name: `${from}-imports`,
  comment: `${from} may import ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: '^(store|src|stages|bench|test)/', pathNot: [`^${from}/`, ...allowed.map((path) => `^${path}`)] },
})

/** The rooms of a folder, the lowest first: each may import those before it, and none the files beside the rooms. */
const roomsOf = {
  store: [
    'contract',
    'disk',
    'hashing',
    'lmdb',
    'tables',
    'ledger',
    'leases',
    'local',
    'blobs',
    'actions',
    'opening',
    'upkeep',
    'verify',
    'forget',
    'archive',
    'memory',
  ],
  'src/core': ['failure', 'declare', 'graph', 'record', 'page'],
  'src/engine': [
    'system',
    'process',
    'key',
    'events',
    'execute',
    'schedule',
    'edits',
    'job',
    'report',
    'site',
    'hit',
    'step',
    'run',
  ],
  'src/models': ['formats', 'registry', 'fetch', 'install'],
  'src/executors': ['contract', 'transfer', 'folder', 'bullmq', 'run', 'worker'],
  'src/cli': ['command-line', 'run', 'create', 'jobs', 'cache', 'models', 'describe', 'init', 'program'],
  'src/report': ['text', 'html', 'provenance', 'terminal'],
  stages: [
    'schema',
    'languages',
    'tools',
    'media',
    'sound',
    'speech',
    'cues',
    'contracts',
    'documents',
    'drawing',
    'music',
    'show',
    'subtitles',
    'video',
    'calls',
  ],
}

const inOrder = Object.entries(roomsOf).flatMap(([folder, rooms]) => [
  {
    name: `${folder}-has-these-rooms`,
    comment: `a new room of ${folder} gets its place in the order, in .dependency-cruiser.cjs`,
    severity: 'error',
    from: { path: `^${folder}/(?!(?:${rooms.join('|')})/)[^/]+/` },
    to: {},
  },
  ...rooms.map((room, index) => ({
    name: `${folder}/${room}-imports`,
    comment: `${folder}/${room} may import ${[...rooms.slice(0, index)].join(', ') || 'no other room of its folder'}`,
    severity: 'error',
    from: { path: `^${folder}/${room}/` },
    to: { path: `^${folder}/`, pathNot: rooms.slice(0, index + 1).map((below) => `^${folder}/${below}/`) },
  })),
])

module.exports = {
  forbidden: [
    { name: 'no-cycles', comment: 'types count', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-cycles-of-folders',
      comment: 'types count',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(store|src/core|src/engine|src/executors|src/cli)' },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '^test/', '^bench/'] },
      to: {},
    },
    layer('store', []),
    layer('src/loading', []),
    layer('src/core', ['store/index.ts']),
    {
      name: 'core-takes-only-types-from-store',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^store/', dependencyTypesNot: ['type-only'] },
    },
    layer('src/engine', ['src/core/', 'src/loading/', 'store/index.ts']),
    layer('src/models', ['src/core/', 'src/engine/', 'store/index.ts']),
    layer('src/executors', ['src/core/', 'src/engine/', 'store/index.ts']),
    layer('src/report', ['src/core/']),
    layer('src/config', ['src/core/', 'src/loading/', 'src/index.ts', 'store/index.ts', 'stages/']),
    layer('stages', ['src/index.ts']),
    layer('src/cli', ['src/', 'store/index.ts']),
    ...inOrder,
    {
      name: 'store-has-one-door',
      severity: 'error',
      from: { pathNot: ['^store/', '^test/store/', '^bench/'] },
      to: { path: '^store/', pathNot: '^store/index.ts$' },
    },
    only('lmdb-in-one-file', 'lmdb is imported in one file', 'node_modules/lmdb/', ['^store/lmdb/open-lmdb\\.ts$']),
    only('bullmq-in-one-file', 'bullmq and ioredis are imported in one file', 'node_modules/(bullmq|ioredis)/', [
      '^src/executors/bullmq/bullmq-client\\.ts$',
    ]),
    only('consola-in-report', 'consola is imported only in src/report', 'node_modules/consola/', ['^src/report/']),
    only('citty-in-cli', 'citty is imported only in src/cli', 'node_modules/citty/', ['^src/cli/']),
    only(
      'one-file-spawns',
      'programs, their watchdog, the slots of workers, and a look at an index are started in one file each',
      '^(node:)?child_process$',
      [
        '^src/engine/process/(process|watchdog)\\.ts$',
        '^src/executors/worker/slot-process\\.ts$',
        '^store/opening/index-child-process\\.ts$',
      ],
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^bench/results/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
