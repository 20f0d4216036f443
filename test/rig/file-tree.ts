import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestBytes } from '../../store/index.ts'

/** The runner's own records in a job directory, which tell times and so differ from run to run. */
const records = new Set(['manifest.json', 'stage.log', 'job.json', 'events.jsonl', '.work', '.inputs'])

/** Returns every artifact below a job directory, as path to digest. */
export function artifactsBelow(dir: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    const parts = path.slice(dir.length + 1).split('/')
    if (!entry.isFile() || parts.some((part) => records.has(part))) continue
    found[parts.join('/')] = digestBytes(readFileSync(path)).hash
  }
  return found
}
