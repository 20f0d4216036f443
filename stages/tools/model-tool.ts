import { defineTool, findInstalledModel, type ModelPlace, type Tool } from 'reprise'

/** Where a model is that a library runs. */
export type RunnableModelPlace = ModelPlace & Required<Pick<ModelPlace, 'runtime'>>

/** Returns where a model of Reprise is, and the library that runs it; the name is one that Reprise knows. */
export function modelPlace(name: string): RunnableModelPlace {
  const { runtime, ...place } = weightsPlace(name)
  if (runtime === undefined) throw new TypeError(`no library runs '${name}'`)
  return { ...place, runtime }
}

/** Returns where the weights of a model of Reprise are. */
export function weightsPlace(name: string): ModelPlace {
  const place = findInstalledModel(name)
  if (place === undefined) throw new TypeError(`Reprise has no model '${name}'`)
  return place
}

/** Returns Node as the program that runs a model, with the weights and the library as what decides its results. */
export function modelTool(name: string, { name: model, version, path, runtime }: RunnableModelPlace): Tool {
  const manifest = `${runtime.path}/node_modules/${runtime.main}/package.json`
  return defineTool({
    name,
    command: process.execPath,
    version: {
      // In one word with its option, what is asked is not taken for a script that may change: the library is a model.
      args: [`--eval=console.log(require(${JSON.stringify(manifest)}).version)`],
      parse: (printed) => /^\d+\.\d+\.\d+\S*/.exec(printed)?.[0],
    },
    models: [
      { name: `${model}@${version}`, path },
      { name: `${runtime.name}@${runtime.version}`, path: runtime.path },
    ],
    install: { other: `reprise models install ${model}` },
  })
}

/** Returns what makes the weights of a model part of a step's key, where the stage itself computes with them. */
export function weightsTool({ name, version, path }: ModelPlace): Tool {
  return defineTool({
    name,
    command: process.execPath,
    version: { args: [`--eval=console.log(${JSON.stringify(version)})`], parse: (printed) => printed.trim() },
    models: [{ name: `${name}@${version}`, path }],
    install: { other: `reprise models install ${name}` },
  })
}

/**
 * Returns the arguments that run a script with the library of a model and its weights; and with a file that says what to do,
 * where it is not asked.
 */
export function modelArgs(script: string, { path, runtime }: RunnableModelPlace, job?: string): string[] {
  return ['-e', script, '--', `${runtime.path}/any.cjs`, runtime.main, path, ...(job === undefined ? [] : [job])]
}
