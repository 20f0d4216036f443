import { createRequire } from 'node:module'
import type { Attributes, Context, Span, TraceAPI, Tracer } from '@opentelemetry/api'
import packageJson from '../../../package.json' with { type: 'json' }
import { type Failure, failureMessage } from '../../core/index.ts'
import type { Secrets } from '../key/secrets.ts'
import { errorMessage } from '../system/error-message.ts'

/** A piece of work that is traced. */
export interface TracedWork<Result> {
  readonly name: string
  /** Its name within a run; work inside it names this as its `parent`. */
  readonly id?: string
  readonly parent?: string
  readonly attributes: Attributes
  readonly work: () => Promise<Result>
  /** Returns what is known when it ends. */
  readonly end?: (result: Result) => { readonly attributes?: Attributes; readonly failure?: Failure | undefined }
}

/** Puts the work of a run into spans. */
export interface Tracing {
  /** Whether an SDK receives the spans. */
  readonly isOn: boolean
  span<Result>(traced: TracedWork<Result>): Promise<Result>
}

/** Without a registered OpenTelemetry SDK, the work is done and not traced. */
const noTracing: Tracing = { isOn: false, span: ({ work }) => work() }

/** Under this name `@opentelemetry/api` keeps what was registered with any copy of it. */
const registry = Symbol.for('opentelemetry.js.api.1')

/** Returns whether this process has an SDK that takes spans; looks without loading anything. */
export function isTraced(): boolean {
  const registered: unknown = Reflect.get(globalThis, registry)
  return typeof registered === 'object' && registered !== null && 'trace' in registered
}

/**
 * Returns what puts work into spans of the SDK that is registered, or only does it. The api is the one that is
 * installed
 * beside this package, and no copy of its own: copies refuse each other's SDKs when their versions differ.
 */
export function openTracing(secrets: Pick<Secrets, 'hide'>, warn: (message: string) => void): Tracing {
  if (!isTraced()) return noTracing
  try {
    // Required: where compiled code is kept, Node 20 cannot import from it.
    const api: typeof import('@opentelemetry/api') = createRequire(import.meta.url)('@opentelemetry/api')
    const { context, trace, SpanStatusCode } = api
    return new SpanTracing({ context, trace, errorCode: SpanStatusCode.ERROR, secrets })
  } catch {
    warn(
      "an OpenTelemetry SDK is registered, but '@opentelemetry/api' is not installed beside reprise, so no spans are recorded",
    )
    return noTracing
  }
}

interface Api {
  readonly trace: TraceAPI
  readonly context: {
    active(): Context
    with<Result>(context: Context, work: () => Result): Result
  }
  readonly errorCode: 2
  readonly secrets: Pick<Secrets, 'hide'>
}

class SpanTracing implements Tracing {
  readonly isOn = true
  readonly #api: Api
  readonly #tracer: Tracer
  /** Of the work that is going on and has a name: an SDK need not have a manager of contexts. */
  readonly #contexts = new Map<string, Context>()

  constructor(api: Api) {
    this.#api = api
    this.#tracer = api.trace.getTracer(packageJson.name, packageJson.version)
  }

  async span<Result>({ name, id, parent, attributes, work, end }: TracedWork<Result>): Promise<Result> {
    const { trace, context } = this.#api
    const outer = (parent === undefined ? undefined : this.#contexts.get(parent)) ?? context.active()
    const span = this.#tracer.startSpan(name, { attributes }, outer)
    const inner = trace.setSpan(outer, span)
    if (id !== undefined) this.#contexts.set(id, inner)
    try {
      const result = await context.with(inner, work)
      const { attributes: found = {}, failure } = end?.(result) ?? {}
      span.setAttributes(found)
      if (failure !== undefined) this.#fail(span, failure.kind, failureMessage(failure))
      return result
    } catch (error) {
      this.#fail(span, 'bug', errorMessage(error))
      throw error
    } finally {
      if (id !== undefined) this.#contexts.delete(id)
      span.end()
    }
  }

  #fail(span: Span, kind: string, message: string): void {
    span.setAttribute('reprise.failure', kind)
    span.setStatus({ code: this.#api.errorCode, message: this.#api.secrets.hide(message) })
  }
}
