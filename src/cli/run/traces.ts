import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as Api from '@opentelemetry/api'
import type * as Exporter from '@opentelemetry/exporter-trace-otlp-http'
import type * as Resources from '@opentelemetry/resources'
import type * as Sdk from '@opentelemetry/sdk-trace-base'
import { isTraced } from '../../engine/index.ts'

const sdkPackage = '@opentelemetry/sdk-trace-base'
const packages = `@opentelemetry/api ${sdkPackage} @opentelemetry/exporter-trace-otlp-http@0.223`
/** A run that is done does not wait longer for whoever takes its spans. */
const lastSpansMs = 5000

/**
 * Sends the spans of this process to the address that the environment names. Returns what sends the last ones and
 * forgets the SDK; it never rejects. Where the SDK is not installed, or takes no spans, that is warned of.
 */
export async function openTraces(cwd: string, warn: (message: string) => void): Promise<() => Promise<void>> {
  if (isTraced()) return async () => {}
  try {
    return startSdk(cwd, warn)
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND' ? '' : ` (${String(error)})`
    warn(`OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, but the SDK cannot be loaded${why}: npm install ${packages}`)
    return async () => {}
  }
}

function startSdk(cwd: string, warn: (message: string) => void): () => Promise<void> {
  const load = requireFrom(cwd)
  const sdk: typeof Sdk = load(sdkPackage)
  const { OTLPTraceExporter }: typeof Exporter = load('@opentelemetry/exporter-trace-otlp-http')
  const { trace }: typeof Api = load('@opentelemetry/api')
  // A package of the SDK's own, which lies beside it.
  const resources: typeof Resources = createRequire(load.resolve(sdkPackage))('@opentelemetry/resources')
  const { envDetector, detectResources, resourceFromAttributes } = resources
  const exporter = new OTLPTraceExporter()
  let lost: string | undefined
  const telling: Sdk.SpanExporter = {
    export: (spans, callback) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) lost = result.error.message
        callback(result)
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'reprise' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [new sdk.BatchSpanProcessor(telling, { exportTimeoutMillis: lastSpansMs })],
  })
  trace.setGlobalTracerProvider(provider)
  return async () => {
    try {
      await provider.shutdown()
    } catch (error) {
      lost ??= error instanceof Error ? error.message : String(error)
    }
    trace.disable()
    if (lost !== undefined) warn(`traces were not sent, or not all: ${lost}`)
  }
}

/** Returns what loads packages from where the SDK is: beside reprise, or in the project that uses a global one. */
function requireFrom(cwd: string): NodeJS.Require {
  const beside = createRequire(import.meta.url)
  try {
    beside.resolve(sdkPackage)
    return beside
  } catch {
    return createRequire(join(cwd, 'package.json'))
  }
}
