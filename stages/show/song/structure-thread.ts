import { readFeatures } from './features.ts'
import { analysisOf, type StructureJob } from './structure.ts'

/** Finds what is in a song, from the file of its features. */
export default async function analyze({
  features,
  ...job
}: Omit<StructureJob, 'features'> & { readonly features: string }) {
  return analysisOf({ features: await readFeatures(features), ...job })
}
