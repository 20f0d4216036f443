import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { commandPath } from '../rig/command.ts'
import { root } from './page.ts'

/** The home directory of the reader in the pages' output. */
const shownHome = '/home/ana'

/** How a script ended, and what it printed on stdout and stderr together. */
export interface ScriptEnd {
  readonly exitCode: number | null
  readonly output: string
}

/** A reader who has just opened a page: a home directory with an empty folder, and the programs that a clone gives. */
export class Reader {
  readonly #home: string
  readonly #film: string
  #cwd: string

  constructor(dir: string, film: string) {
    this.#home = realpathSync(dir)
    this.#film = film
    this.#cwd = join(this.#home, 'work')
    mkdirSync(this.#cwd)
    const bin = join(this.#home, '.bin')
    mkdirSync(bin)
    for (const [name, script] of Object.entries(programs())) {
      writeFileSync(join(bin, name), script)
      chmodSync(join(bin, name), 0o755)
    }
    symlinkSync(root, join(this.#home, 'reprise'))
  }

  write(name: string, text: string): void {
    const path = resolve(this.#cwd, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  /** Runs a script with bash; where it changes the directory, later ones begin there. */
  async run(script: string): Promise<ScriptEnd> {
    const child = spawn('bash', ['-c', `exec 2>&1\ntrap 'pwd -P >&3' EXIT\nset -e\n${script}`], {
      cwd: this.#cwd,
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
      env: {
        PATH: `${join(this.#home, '.bin')}:${process.env.PATH}`,
        HOME: this.#home,
        XDG_CACHE_HOME: join(this.#home, '.cache'),
        LANG: 'C.UTF-8',
        TZ: 'UTC',
        FILM: this.#film,
      },
    })
    const [output, cwd, exitCode] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stdio[3]),
      new Promise<number | null>((settle, reject) => child.once('error', reject).once('close', settle)),
    ])
    this.#cwd = cwd.trim() === '' ? this.#cwd : cwd.trim()
    return { exitCode, output: output.replaceAll(this.#home, shownHome) }
  }
}

async function textOf(stream: unknown): Promise<string> {
  let text = ''
  if (!(stream instanceof Object) || !(Symbol.asyncIterator in stream)) throw new TypeError('a pipe is missing')
  for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString()
  return text
}

/**
 * What the clone's program is called by, and what stands for the network: `npm install` links the package from the
 * clone. Node that runs no TypeScript by itself does so with a loader.
 */
function programs(): Readonly<Record<string, string>> {
  const node = process.execPath
  const loader = pathToFileURL(join(root, 'node_modules/jiti/lib/jiti-register.mjs')).href
  const runsTypeScript = 'typescript' in process.features && process.features.typescript !== false
  return {
    reprise: `#!/bin/sh\nexec '${node}' '${commandPath}' "$@"\n`,
    node: `#!/bin/sh
for word; do
  case $word in *.ts) ${runsTypeScript ? ':' : `exec '${node}' --import '${loader}' "$@"`} ;; esac
done
exec '${node}' "$@"
`,
    npm: `#!/bin/bash
set -e
if [ "$1" = init ]; then echo '{ "name": "'"\${PWD##*/}"'", "version": "1.0.0", "type": "module" }' >package.json; exit; fi
[ "$1" = install ] || { echo "npm: no stand-in for npm $1"; exit 1; }
shift
for word; do
  case $word in
    -*) continue ;;
    */*) from=$(cd "$word" && pwd) name=\${word##*/} ;;
    *) from='${root}/node_modules/'$word name=$word ;;
  esac
  [ -d "$from" ] || { echo "npm: no stand-in for $word"; exit 1; }
  mkdir -p "$(dirname "node_modules/$name")"
  ln -sfn "$from" "node_modules/$name"
done
`,
  }
}
