/**
 * The content-addressed store. This is the only door to it.
 *
 * @module reprise/store
 */

export type { JobFile } from './actions/action-blobs.ts'
export { findActions, type KnownAction } from './actions/known-actions.ts'
export {
  type ArchiveOptions,
  type ArchiveProgress,
  type ExportSelection,
  type ExportSummary,
  exportActions,
} from './archive/archive-export.ts'
export { type ArchiveFailure, describeArchiveFailure } from './archive/archive-failure.ts'
export { type ImportSummary, importArchive } from './archive/archive-import.ts'
export { artifactIsAt, type PlacedArtifactStore } from './blobs/artifact-is-at.ts'
export {
  artifactOfJson,
  artifactOfPath,
  readJsonArtifact,
  readTreeArtifact,
  type StagedArtifact,
  type StagedFile,
  stageArtifact,
} from './blobs/artifacts.ts'
export { type ArtifactPlacement, type Materialized, materializeArtifact } from './blobs/materialize-artifact.ts'
export type * from './contract/action-cache.ts'
export type * from './contract/artifact.ts'
export type * from './contract/blob-store.ts'
export type * from './contract/cache-store.ts'
export { actionKey, canonicalJson } from './contract/canonical-json.ts'
export {
  type Digest,
  deriveKey,
  digestBytes,
  digestText,
  hashInText,
  isHash,
  sameDigest,
  shortDigest,
} from './contract/digest.ts'
export { describeStoreFailure, type StoreFailure } from './contract/failure.ts'
export type * from './contract/json.ts'
export type * from './contract/local/file-digests.ts'
export type * from './contract/local/leases.ts'
export type * from './contract/local/ledger.ts'
export type * from './contract/local/local-store.ts'
export type * from './contract/local/remote-tier.ts'
export type * from './contract/local/store-limits.ts'
export type * from './contract/remote-options.ts'
export { err, ok, type Result } from './contract/result.ts'
export { isEmptyDirectory, type TreeEntry, treeListing } from './contract/tree.ts'
export { cloneFile } from './disk/clone-file.ts'
export { isStampedSo, stampNumbers, stampNumbersCount, stampOf, stampText } from './disk/file-stamp.ts'
export { makeDirectory } from './disk/make-directory.ts'
export { isAbandonedName, isTemporaryName } from './disk/temporary-path.ts'
export { writeAtomically } from './disk/write-atomically.ts'
export { type ForgetOptions, type ForgetSource, forgetSource } from './forget/forget.ts'
export type * from './forget/forget-report.ts'
export { correctionsLease, jobLease, runLease, runLeasePrefix } from './leases/lease-names.ts'
export type { HeldLease, LocalLeases } from './leases/local-leases.ts'
export type { IndexSize } from './lmdb/index-db.ts'
export type { DirectoryStore } from './local/directory-store.ts'
export { createMemoryStore, type MemoryStoreOptions } from './memory/memory-store.ts'
export {
  checkRemote,
  collectRemoteDirectory,
  newSigningKey,
  openRemote,
  pullFromRemote,
  pushToRemote,
  tieredStore,
  touchInRemote,
} from './open-remote.ts'
export { type OpenStoreOptions, openStore } from './open-store.ts'
export { describeIndexRepair, indexRebuiltMemo } from './opening/index-repair.ts'
export type { FoundRemotely, RemoteCache } from './remote/cache/remote-cache.ts'
export type { CollectDirectoryOptions, DirectoryCollection } from './remote/gc/collect-directory.ts'
export type { OpenedBy } from './remote/open/remote-access.ts'
export type { Seal, SealedText, SealProblem } from './remote/seal/sealed-text.ts'
export type { BlobState } from './tables/blob-table.ts'
export type { Clocks } from './tables/store-clock.ts'
export type { Tombstone } from './tables/tombstones.ts'
export type { Carried } from './tiered/carry-results.ts'
export type { RemoteCheck } from './tiered/check-remote.ts'
export type { TieredOptions, TieredStore } from './tiered/tiered-store.ts'
export type { Touched } from './tiered/touch-results.ts'
export type { Amount } from './upkeep/amount.ts'
export { type CollectOptions, collect } from './upkeep/collect.ts'
export type * from './upkeep/collection.ts'
export { defaultMaxSizeBytes } from './upkeep/default-max-size.ts'
export {
  type InspectedAction,
  type InspectedJob,
  type InspectedOutput,
  type InspectedStep,
  inspectAction,
  inspectJob,
  type StepOfJob,
} from './upkeep/inspect.ts'
export { type BlobReader, type BlobReferrer, type InspectedBlob, inspectBlob } from './upkeep/inspect-blob.ts'
export type { Inspection } from './upkeep/inspection.ts'
export { planCollection } from './upkeep/plan-collection.ts'
export { type StepStats, type StoreStats, storeStats } from './upkeep/stats.ts'
export { type VerifyOptions, verifyStore } from './verify/verify.ts'
export type * from './verify/verify-report.ts'
