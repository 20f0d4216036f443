import { join } from 'node:path'
import type { Manifest } from '../../core/index.ts'
import { readManifest, stepDirectories } from '../../engine/job/manifest-file.ts'

/** Where a step's files lie in a job, and what its manifest says of them. */
export interface StepPlace {
  /** Inside the job directory; found by looking, not taken from a request. */
  readonly directory: string
  readonly manifest: Manifest
}

/** Returns the directories of a job's steps, by the ids in their manifests. */
export async function stepPlaces(jobDir: string): Promise<ReadonlyMap<string, StepPlace>> {
  const places = new Map<string, StepPlace>()
  for (const directory of directoriesIn(jobDir)) {
    const reading = await readManifest(join(jobDir, directory))
    if (reading.kind === 'read') places.set(reading.manifest.step, { directory, manifest: reading.manifest })
  }
  return places
}

/** A run may replace a directory while it is read: the next look sees it. */
function directoriesIn(jobDir: string): readonly string[] {
  try {
    return stepDirectories(jobDir)
  } catch {
    return []
  }
}

/** An output of a step by what the dashboard calls it. */
export interface NamedOutput {
  readonly step: string
  readonly output: string
}

/** Returns the outputs of steps by their paths in the job directory. */
export function outputsByPath(places: ReadonlyMap<string, StepPlace>): ReadonlyMap<string, NamedOutput> {
  const named = new Map<string, NamedOutput>()
  for (const [step, { directory, manifest }] of places)
    for (const [output, { path }] of Object.entries(manifest.output_artifacts))
      if (path !== '') named.set(join(directory, path), { step, output })
  return named
}
