import { writeFileSync } from 'node:fs'
import { outputNames } from '../execute/undeclared.ts'
import type { Workspace } from '../execute/workspace.ts'
import type { ManifestParts } from '../job/manifest-file.ts'
import type { StepSite } from './step-site.ts'

/** Writes a step's manifest beside its outputs in a workspace, and puts all in the step's place. */
export function publishStep(
  site: StepSite,
  { outDir }: Workspace,
  parts: Pick<ManifestParts, 'result' | 'failure' | 'cost' | 'cache' | 'attempts' | 'wantedDevice' | 'fetched'>,
): void {
  writeFileSync(`${outDir}/manifest.json`, site.manifestText(parts), { flag: 'wx' })
  const filled = { path: outDir, key: site.prepared.key, outputs: outputNames(site.step.stage) }
  site.context.directories.publish(filled, site.dir)
}
