import type { JobProvenance, ProvenanceStep } from '../../core/index.ts'
import { nameInId } from '../../core/index.ts'
import {
  crateFile,
  crateTime,
  type Entity,
  engineId,
  language,
  licence,
  parameterId,
  pipelineFile,
  profile,
  propertyValue,
  readme,
  readmeFile,
  ref,
  refs,
  stageId,
  statusOf,
  stepId,
} from './crate-entities.ts'
import { CrateFiles } from './crate-files.ts'

/** What a crate says of itself that the job does not know. */
export interface CrateAbout {
  /** ISO 8601. */
  readonly describedAt: string
  readonly author?: string
  readonly organization?: string
  /** The address of the organization. */
  readonly organizationUrl?: string
}

/**
 * Returns the metadata that makes a job directory an RO-Crate: a Provenance Run Crate, where each step is an action of
 * its stage. Digests are BLAKE3, as the store has them.
 *
 * Source: https://www.researchobject.org/workflow-run-crate/profiles/provenance_run_crate (0.5).
 */
export function roCrate(provenance: JobProvenance, about: CrateAbout): string {
  return `${JSON.stringify(
    {
      '@context': ['https://w3id.org/ro/crate/1.1/context', 'https://w3id.org/ro/terms/workflow-run/context'],
      '@graph': new Crate(provenance, about).entities(),
    },
    undefined,
    2,
  )}\n`
}

const runProfiles = ['process', 'workflow', 'provenance'].map((kind) => `https://w3id.org/ro/wfrun/${kind}/0.5`)
const workflowProfile = 'https://w3id.org/workflowhub/workflow-ro-crate/1.0'

class Crate {
  readonly #job: JobProvenance
  readonly #about: CrateAbout
  readonly #files = new CrateFiles()

  constructor(job: JobProvenance, about: CrateAbout) {
    this.#job = job
    this.#about = about
  }

  entities(): readonly Entity[] {
    const { steps, inputs, outputs, params, hasFailed, startedAt, endedAt } = this.#job
    const values = Object.entries(params).map(([name, value]) => ({
      ...propertyValue(`param-${name}`, name, value),
      exampleOfWork: ref(parameterId('input', name)),
    }))
    const run: Entity = {
      '@id': '#run',
      '@type': 'CreateAction',
      name: `Run of the pipeline ${this.#job.pipeline}`,
      description: `What the pipeline ${this.#job.pipeline} made of its inputs`,
      ...this.#agent(),
      instrument: ref(pipelineFile),
      object: refs([
        ...inputs.map((file) => this.#files.example('input', file)),
        ...values.map((value) => value['@id']),
      ]),
      result: refs(outputs.map((file) => this.#files.example('output', file))),
      startTime: crateTime(startedAt),
      endTime: crateTime(endedAt),
      actionStatus: statusOf(hasFailed),
    }
    const actions = steps.flatMap((step, index) => this.#actionsOf(step, index))
    return [
      {
        '@id': crateFile,
        '@type': 'CreativeWork',
        about: ref('./'),
        conformsTo: [ref('https://w3id.org/ro/crate/1.1'), ref(workflowProfile)],
      },
      this.#root(),
      ...[...runProfiles, workflowProfile].map(profile),
      this.#workflow(),
      language,
      licence,
      this.#engine(),
      readme,
      ...this.#people(),
      ...this.#parameters(),
      ...this.#howToSteps(),
      ...this.#applications(),
      run,
      {
        '@id': '#orchestration',
        '@type': 'OrganizeAction',
        name: 'What the runner did',
        description: 'The order of the steps, and which of them had a result already',
        ...this.#agent(),
        instrument: ref(engineId),
        object: refs(steps.map((_, index) => `#control-${index + 1}`)),
        result: ref('#run'),
        startTime: crateTime(startedAt),
        endTime: crateTime(endedAt),
      },
      ...actions,
      ...values,
      ...this.#files.entities(),
    ]
  }

  #root(): Entity {
    const { job, pipeline } = this.#job
    const { author, organization } = this.#about
    return {
      '@id': './',
      '@type': 'Dataset',
      name: job,
      description: `The results of the pipeline ${pipeline}, and how they were made`,
      datePublished: crateTime(this.#about.describedAt),
      license: ref('#licence'),
      ...(author === undefined ? {} : { author: ref('#author') }),
      ...(organization === undefined ? {} : { publisher: ref('#organization') }),
      conformsTo: [...runProfiles, workflowProfile].map(ref),
      mainEntity: ref(pipelineFile),
      mentions: refs(['#run', ...this.#job.steps.map((_, index) => `#action-${index + 1}`)]),
      hasPart: refs([pipelineFile, readmeFile, ...this.#parts()]),
    }
  }

  /** What lies in the crate, and no file inside of a directory that does. */
  #parts(): readonly string[] {
    const { steps, outputs } = this.#job
    const files = [...steps.flatMap(({ made }) => made), ...outputs]
    return files.flatMap((file) => (file.path === undefined ? [] : [this.#files.id(file)]))
  }

  #people(): readonly Entity[] {
    const { author, organization, organizationUrl } = this.#about
    const url = organizationUrl === undefined ? {} : { url: organizationUrl }
    const affiliation = organization === undefined ? {} : { affiliation: ref('#organization') }
    return [
      ...(author === undefined ? [] : [{ '@id': '#author', '@type': 'Person', name: author, ...affiliation }]),
      ...(organization === undefined
        ? []
        : [{ '@id': '#organization', '@type': 'Organization', name: organization, ...url }]),
    ]
  }

  #agent(): object {
    if (this.#about.author !== undefined) return { agent: ref('#author') }
    return this.#about.organization === undefined ? {} : { agent: ref('#organization') }
  }

  #workflow(): Entity {
    const { pipeline, steps } = this.#job
    return {
      '@id': pipelineFile,
      '@type': ['File', 'SoftwareSourceCode', 'ComputationalWorkflow', 'HowTo'],
      name: pipeline,
      description: `The steps of the pipeline ${pipeline}`,
      encodingFormat: 'application/json',
      programmingLanguage: ref('#language'),
      version: this.#job.runnerVersion,
      url: `urn:reprise:pipeline:${encodeURIComponent(pipeline)}`,
      conformsTo: ref('https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE'),
      input: refs(this.#names('input')),
      output: refs(this.#names('output')),
      step: refs(steps.map(({ step }) => stepId(step))),
      hasPart: refs(steps.map(({ stage }) => stageId(stage))),
    }
  }

  #names(kind: 'input' | 'output'): readonly string[] {
    const { inputs, outputs, params } = this.#job
    const names =
      kind === 'input' ? [...inputs.map(({ name }) => name), ...Object.keys(params)] : outputs.map(({ name }) => name)
    return [...new Set(names)].map((name) => parameterId(kind, name))
  }

  #parameters(): readonly Entity[] {
    const { inputs, outputs, params } = this.#job
    const isTree = new Map([...inputs, ...outputs].map(({ name, isDirectory }) => [name, isDirectory] as const))
    const parameter =
      (kind: 'input' | 'output') =>
      (id: string): Entity => {
        const name = decodeURIComponent(id.slice(kind.length + 2))
        const isParam = kind === 'input' && Object.hasOwn(params, name)
        return {
          '@id': id,
          '@type': 'FormalParameter',
          name,
          additionalType: isParam ? 'PropertyValue' : isTree.get(name) === true ? 'Dataset' : 'File',
          conformsTo: ref('https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE'),
        }
      }
    return [...this.#names('input').map(parameter('input')), ...this.#names('output').map(parameter('output'))]
  }

  #howToSteps(): readonly Entity[] {
    const byName = new Map(this.#job.steps.map((step) => [nameInId(step.step), step] as const))
    return [...byName].map(([name, { stage }], index) => ({
      '@id': stepId(name),
      '@type': 'HowToStep',
      name,
      position: String(index + 1),
      workExample: ref(stageId(stage)),
    }))
  }

  #applications(): readonly Entity[] {
    const stages = new Map(this.#job.steps.map((step) => [step.stage, step] as const))
    const tools = new Map<string, Entity>()
    const requirements = (step: ProvenanceStep) =>
      step.tools.map(({ name, version }) => {
        const id = `urn:reprise:tool:${encodeURIComponent(`${name}-${version ?? ''}`)}`
        tools.set(id, {
          '@id': id,
          '@type': 'SoftwareApplication',
          name,
          url: id,
          softwareVersion: version ?? 'unknown',
        })
        return id
      })
    const applications = [...stages].map(([stage, step]) => ({
      '@id': stageId(stage),
      '@type': 'SoftwareApplication',
      name: stage,
      url: stageId(stage),
      softwareVersion: String(step.stageVersion),
      ...(step.tools.length === 0 ? {} : { softwareRequirements: refs(requirements(step)) }),
    }))
    return [...applications, ...tools.values()]
  }

  #actionsOf(step: ProvenanceStep, index: number): readonly Entity[] {
    const id = `#action-${index + 1}`
    const values = Object.entries(step.params).map(([name, value]) =>
      propertyValue(`step-${index + 1}-${name}`, name, value),
    )
    return [
      {
        '@id': id,
        '@type': 'CreateAction',
        name: step.step,
        description: `The step ${step.step}: an execution of the stage ${step.stage}`,
        ...this.#agent(),
        identifier: `urn:blake3:${step.key.replace(/^b3:/, '')}`,
        instrument: ref(stageId(step.stage)),
        object: refs([...step.used.map((file) => this.#files.id(file)), ...values.map((value) => value['@id'])]),
        result: refs(step.made.map((file) => this.#files.id(file))),
        startTime: crateTime(step.startedAt),
        endTime: crateTime(step.endedAt),
        actionStatus: statusOf(step.failure !== undefined),
        ...(step.failure === undefined ? {} : { error: step.failure }),
      },
      {
        '@id': `#control-${index + 1}`,
        '@type': 'ControlAction',
        name: `Control of ${step.step}`,
        description: `The runner's control of the step ${step.step}`,
        ...this.#agent(),
        instrument: ref(stepId(step.step)),
        object: ref(id),
        actionStatus: statusOf(step.failure !== undefined),
      },
      ...values,
    ]
  }

  #engine(): Entity {
    return {
      '@id': engineId,
      '@type': 'SoftwareApplication',
      name: 'Reprise',
      url: engineId,
      softwareVersion: this.#job.runnerVersion,
    }
  }
}
