import { availableParallelism } from 'node:os'
import { type Runner, write, writeShared } from './runner.ts'

const version = '9.27.1'

/** One rule for all steps, with the step's number as its wildcard. */
export const snakemake: Runner = {
  name: `snakemake ${version}`,
  package: { registry: 'pypi', name: 'snakemake', version },
  env: {},
  command: (bin) => [`${bin}/snakemake`, '--quiet', 'all', '--cores', String(availableParallelism())],
  output: (index) => `out/${index}.txt`,
  async lay(dir, count) {
    writeShared(dir)
    const chains = Math.min(10, count)
    write(
      dir,
      'Snakefile',
      `
def before(wildcards):
    index = int(wildcards.index)
    return "input.txt" if index < ${chains} else f"out/{index - ${chains}}.txt"

rule all:
    input: expand("out/{index}.txt", index=range(${count - chains}, ${count}))

rule line:
    input: before
    output: "out/{index}.txt"
    shell: "sh line.sh {input} {output} {wildcards.index}"
`,
    )
  },
}
