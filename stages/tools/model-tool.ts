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
export function modelTool(name: string, place: RunnableModelPlace): Tool {
  return toolOf(name, place, [{ name: `${place.name}@${place.version}`, path: place.path }])
}

/** Returns Node as the program that runs nets which are inputs of a step, with the library of a model that is installed. */
export function runtimeTool(name: string, place: RunnableModelPlace): Tool {
  return toolOf(name, place, [])
}

function toolOf(
  name: string,
  { name: model, runtime }: RunnableModelPlace,
  weights: readonly { readonly name: string; readonly path: string }[],
): Tool {
  const manifest = `${runtime.path}/node_modules/${runtime.main}/package.json`
  return defineTool({
    name,
    command: process.execPath,
    version: {
      // In one word with its option, what is asked is not taken for a script that may change: the library is a model.
      args: [`--eval=console.log(require(${JSON.stringify(manifest)}).version)`],
      parse: (printed) => /^\d+\.\d+\.\d+\S*/.exec(printed)?.[0],
    },
    models: [...weights, { name: `${runtime.name}@${runtime.version}`, path: runtime.path }],
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
export function modelArgs(script: string, place: RunnableModelPlace, job?: string): string[] {
  return [...runtimeArgs(script, place), place.path, ...(job === undefined ? [] : [job])]
}

/** Returns the arguments that run a script with the library of a model. */
export function runtimeArgs(script: string, { runtime }: RunnableModelPlace): string[] {
  return ['-e', script, '--', `${runtime.path}/any.cjs`, runtime.main]
}
