import { commitAll } from './repository.ts'
import { executedFile, gridSteps, type Runner, write, writeShared } from './runner.ts'

const version = '24.0.6'

/** A project for each step, with its daemon, which it starts on a developer's machine, or without, as in CI. */
function nx(daemon: boolean): Runner {
  return {
    name: `nx ${version}, ${daemon ? 'daemon' : 'no daemon'}`,
    package: { registry: 'npm', name: 'nx', version },
    env: { NX_DAEMON: String(daemon), NX_NO_CLOUD: 'true', NX_TUI: 'false' },
    command: (bin) => [`${bin}/nx`, 'run-many', '--targets=line'],
    ...(daemon ? { stop: (bin: string) => [`${bin}/nx`, 'daemon', '--stop'] as const } : {}),
    output: (index) => `steps/step${index}/out.txt`,
    async lay(dir, count) {
      writeShared(dir)
      write(dir, 'package.json', { name: 'grid', private: true })
      write(dir, 'nx.json', {
        analytics: false,
        neverConnectToCloud: true,
        targetDefaults: {
          line: {
            cache: true,
            dependsOn: ['^line'],
            inputs: [
              '{projectRoot}/project.json',
              '{workspaceRoot}/line.sh',
              '{workspaceRoot}/input.txt',
              { dependentTasksOutputFiles: '**/out.txt' },
            ],
            outputs: ['{projectRoot}/out.txt'],
          },
        },
      })
      for (const { index, before } of gridSteps(count)) {
        const from = before === undefined ? 'input.txt' : this.output(before)
        write(dir, `steps/step${index}/project.json`, {
          name: `step${index}`,
          implicitDependencies: before === undefined ? [] : [`step${before}`],
          targets: { line: { command: `sh line.sh ${from} ${this.output(index)} ${index}` } },
        })
      }
      await commitAll(dir, ['node_modules', '.nx', 'out.txt', executedFile])
    },
  }
}

export const nxWithDaemon = nx(true)
export const nxAlone = nx(false)
