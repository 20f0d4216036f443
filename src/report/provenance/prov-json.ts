import type { JobProvenance, ProvenanceFile } from '../../core/index.ts'

const times = (startedAt: string, endedAt: string) => ({ 'prov:startTime': startedAt, 'prov:endTime': endedAt })

/**
 * Returns how a job was made as PROV-JSON: files are entities named by their BLAKE3 digests, steps are activities,
 * programs are agents.
 *
 * Source: https://www.w3.org/submissions/2013/SUBM-prov-json-20130424/.
 */
export function provJson({ steps, pipeline, job, runnerVersion }: JobProvenance): string {
  const entity: Record<string, object> = {}
  const activity: Record<string, object> = {}
  const agent: Record<string, object> = {}
  const used: Record<string, object> = {}
  const wasGeneratedBy: Record<string, object> = {}
  const wasAssociatedWith: Record<string, object> = {}
  const entityOf = ({ digest, path, name, fileName = name, sizeBytes }: ProvenanceFile) => {
    const id = `b3:${digest.replace(/^b3:/, '')}`
    if (entity[id] === undefined || sizeBytes !== undefined) {
      entity[id] = {
        'prov:label': path ?? fileName,
        ...(sizeBytes === undefined ? {} : { 'reprise:size_bytes': sizeBytes }),
      }
    }
    return id
  }
  for (const [index, step] of steps.entries()) {
    const id = `step:${index + 1}`
    activity[id] = {
      'prov:label': step.step,
      'prov:type': `${step.stage} ${step.stageVersion}`,
      ...times(step.startedAt, step.endedAt),
      'reprise:key': step.key,
      'reprise:device': step.device,
      'reprise:params': JSON.stringify(step.params),
    }
    for (const [at, file] of step.used.entries())
      used[`_:used-${index + 1}-${at + 1}`] = {
        'prov:activity': id,
        'prov:entity': entityOf(file),
        'prov:role': file.name,
      }
    for (const [at, file] of step.made.entries())
      wasGeneratedBy[`_:made-${index + 1}-${at + 1}`] = {
        'prov:activity': id,
        'prov:entity': entityOf(file),
        'prov:time': step.endedAt,
        'prov:role': file.name,
      }
    for (const [at, { name, version }] of step.tools.entries()) {
      const tool = `tool:${encodeURIComponent(`${name}-${version ?? 'unknown'}`)}`
      agent[tool] = { 'prov:type': 'prov:SoftwareAgent', 'prov:label': `${name} ${version ?? ''}`.trim() }
      wasAssociatedWith[`_:tool-${index + 1}-${at + 1}`] = { 'prov:activity': id, 'prov:agent': tool }
    }
  }
  agent['reprise:runner'] = {
    'prov:type': 'prov:SoftwareAgent',
    'prov:label': `Reprise, runner version ${runnerVersion}`,
  }
  const prefix = {
    reprise: 'urn:reprise:',
    step: `urn:reprise:${encodeURIComponent(pipeline)}:${encodeURIComponent(job)}:step:`,
    b3: 'urn:blake3:',
    tool: 'urn:reprise:tool:',
  }
  const document = { prefix, entity, activity, agent, used, wasGeneratedBy, wasAssociatedWith }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
