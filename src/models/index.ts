/** The models of neural networks that the user has, or can install. */

export type { FetchProgress } from './fetch/fetching.ts'
export {
  type DemucsRequest,
  demucsVenv,
  demucsVenvVariable,
  installDemucs,
} from './install/demucs-venv.ts'
export { type Installed, type InstallRequest, installModel, sourceName } from './install/install.ts'
export { removeModel } from './install/remove.ts'
export { findInstalledModel, hasBuild, type ModelPlace, placeOf } from './registry/installed.ts'
export type { Model, ModelSource, Runtime } from './registry/model.ts'
export { describeModelFailure, type ModelFailure, unknownModel } from './registry/model-failure.ts'
export { modelsHome } from './registry/models-home.ts'
export { findModel, models } from './registry/registry.ts'
