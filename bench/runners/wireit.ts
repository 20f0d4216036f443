import { gridEnds, gridSteps, type Runner, write, writeShared } from './runner.ts'

const version = '0.14.13'

/** A script for each step, in one package; npm starts it, as its readme says. */
export const wireit: Runner = {
  name: `wireit ${version}`,
  package: { registry: 'npm', name: 'wireit', version },
  env: {},
  command: () => ['npm', 'run', 'all'],
  output: (index) => `out/${index}.txt`,
  async lay(dir, count) {
    writeShared(dir)
    write(dir, 'out/.gitignore', '*\n')
    const steps = gridSteps(count).map(({ index, before }) => {
      const from = before === undefined ? 'input.txt' : this.output(before)
      const script = {
        command: `sh line.sh ${from} ${this.output(index)} ${index}`,
        dependencies: before === undefined ? [] : [`line${before}`],
        files: before === undefined ? ['line.sh', 'input.txt'] : ['line.sh'],
        output: [this.output(index)],
        // The steps use no packages, and a lock file further up is of no concern to them.
        packageLocks: [],
      }
      return [`line${index}`, script] as const
    })
    const all = { dependencies: gridEnds(count).map(({ index }) => `line${index}`) }
    const scripts = Object.fromEntries([...steps, ['all', all] as const])
    write(dir, 'package.json', {
      name: 'grid',
      private: true,
      scripts: Object.fromEntries(Object.keys(scripts).map((name) => [name, 'wireit'])),
      wireit: scripts,
    })
  },
}
