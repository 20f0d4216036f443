import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export type Section = Readonly<Record<string, string>>

/**
 * Returns what the shared files of AWS say of a profile: `~/.aws/credentials` before `~/.aws/config`, or the files that the
 * environment names. Source: "Configuration and credential file settings in the AWS CLI".
 */
export function sharedProfile(profile: string, env: Readonly<Record<string, string | undefined>>): Section {
  const folder = join(env.HOME ?? homedir(), '.aws')
  const credentials = sections(env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials'))
  const config = sections(env.AWS_CONFIG_FILE ?? join(folder, 'config'))
  const inConfig = profile === 'default' ? 'default' : `profile ${profile}`
  return { ...config.get(inConfig), ...credentials.get(profile) }
}

/** Parses a file of sections; one that cannot be read has none. */
function sections(path: string): ReadonlyMap<string, Section> {
  const found = new Map<string, Record<string, string>>()
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return found
  }
  let section: Record<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const name = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    if (name !== undefined) {
      section = found.get(name) ?? {}
      found.set(name, section)
      continue
    }
    // A line that is indented belongs to a setting of several, which none of ours is.
    const [, key, value] = /^([a-z_0-9]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined && section !== undefined) section[key] = value
  }
  return found
}
