import { useEffect, useState } from 'preact/hooks'
import type { PlanAnswer, StartedAnswer } from '../../api/messages.ts'
import { post, ServerError, wordsOf } from '../live/server.ts'
import { announced, Command, Notice } from '../parts/bits.tsx'
import { aboutText, countText, durationText } from '../parts/words.ts'
import { preview } from './preview.ts'
import { isTrust, TrustNotice } from './trust.tsx'

export type OrderBody = Readonly<Record<string, unknown>>

interface PlanProps {
  /** What is to be run; another one is asked about anew. */
  readonly order: OrderBody
  /** What the button says. */
  readonly verb: string
  readonly close?: () => void
  /** What is said instead of a button where a run would compute nothing. */
  readonly nothing?: string
  readonly onStarted?: (job: string) => void
  /** The config elsewhere whose code the person has let run already. */
  readonly trusts?: string | undefined
}

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'trust'; readonly config: string }
  | { readonly kind: 'problem'; readonly why: string }
  | { readonly kind: 'plan'; readonly plan: PlanAnswer }
  | { readonly kind: 'starting'; readonly plan: PlanAnswer }
  | { readonly kind: 'started' }

const calmMs = 350

/** What a run would cost, found by a dry run, and only then the button that runs it. */
export function PlanPanel({ order, verb, close, nothing, onStarted, trusts }: PlanProps) {
  const [state, setState] = useState<State>({ kind: 'asking' })
  const [trusted, setTrusted] = useState(trusts)
  const key = JSON.stringify(order)
  const trust = trusted === undefined ? {} : { trusts: trusted }
  useEffect(() => {
    let isOver = false
    const asked = new AbortController()
    setState({ kind: 'asking' })
    const timer = setTimeout(() => {
      post<PlanAnswer>('api/plan', { order, ...trust }, asked.signal).then(
        (plan) => {
          if (isOver) return
          setState({ kind: 'plan', plan })
          preview.value = { executes: new Set(plan.executes), maybe: new Set(plan.maybe), stepMs: plan.stepMs }
          announced.value = costText(plan)
        },
        (error: unknown) => isOver || setState(stateAfter(error)),
      )
    }, calmMs)
    return () => {
      isOver = true
      asked.abort()
      clearTimeout(timer)
      preview.value = undefined
    }
  }, [key, trusted])
  const run = (plan: PlanAnswer) => {
    setState({ kind: 'starting', plan })
    post<StartedAnswer>('api/run', { order, ...trust }).then(
      ({ job }) => {
        setState({ kind: 'started' })
        announced.value = 'the run has started'
        onStarted?.(job)
        close?.()
      },
      (error: unknown) => setState(stateAfter(error)),
    )
  }
  if (nothing !== undefined && state.kind === 'plan' && computesNothing(state.plan))
    return <p class="soft below">{nothing}</p>
  return (
    <section class="plan" aria-label="What it would do">
      {state.kind === 'asking' ? <p class="soft">Finding out what it would cost ...</p> : null}
      {state.kind === 'started' ? <p>The run has started.</p> : null}
      {state.kind === 'problem' ? (
        <Notice tone="bad">
          <span class="lines">{state.why}</span>
        </Notice>
      ) : null}
      {state.kind === 'trust' ? <TrustNotice config={state.config} trust={() => setTrusted(state.config)} /> : null}
      {state.kind === 'plan' || state.kind === 'starting' ? <Cost plan={state.plan} /> : null}
      <p class="actions">
        {state.kind === 'plan' || state.kind === 'starting' ? (
          <button
            type="button"
            class="button"
            disabled={state.kind === 'starting' || state.plan.blocked.length > 0}
            onClick={() => run(state.plan)}
          >
            {state.kind === 'starting' ? 'Starting ...' : verb}
          </button>
        ) : null}
        {close === undefined ? null : (
          <button type="button" class="button plain" onClick={close}>
            Do nothing
          </button>
        )}
      </p>
    </section>
  )
}

function Cost({ plan }: { readonly plan: PlanAnswer }) {
  return (
    <>
      <p class="cost">{costText(plan)}</p>
      {plan.blocked.length === 0 ? null : <p class="bad">{plan.blocked.join(', ')} cannot run.</p>}
      {plan.why.length === 0 ? null : (
        <ul class="plan-why">
          {plan.why.map(({ step, text }) => (
            <li key={step}>
              <b>{step}</b> <span class="soft">{text}</span>
            </li>
          ))}
          {plan.executes.length > plan.why.length ? (
            <li class="soft">and {plan.executes.length - plan.why.length} more</li>
          ) : null}
        </ul>
      )}
      {plan.maybe.length === 0 ? null : (
        <p class="soft small">
          Perhaps also: {plan.maybe.slice(0, 12).join(', ')}
          {plan.maybe.length > 12 ? ` and ${plan.maybe.length - 12} more` : ''}. They are reused if what they read comes
          out the same.
        </p>
      )}
      <p class="below">
        <Command line={plan.command} />
      </p>
    </>
  )
}

function computesNothing({ executes, maybe, blocked }: PlanAnswer): boolean {
  return executes.length + maybe.length + blocked.length === 0
}

/** Returns what follows in a sentence: `computes 3 steps, about 6 min; 17 are reused`. */
export function costText({ executes, maybe, reused, ms, mostMs, unknown, savedMs }: PlanAnswer): string {
  const kept =
    reused === 0 ? 'nothing is reused' : `${countText(reused, 'step')} reused, which saves ${durationText(savedMs)}`
  if (executes.length + maybe.length === 0) return `Computes nothing: ${kept}.`
  const most = executes.length + maybe.length
  const steps =
    maybe.length === 0 ? countText(executes.length, 'step') : `${executes.length} to ${countText(most, 'step')}`
  const known = mostMs > 0 ? `, ${spanText(ms, mostMs)}` : ''
  const rest = unknown === 0 ? '' : `${known === '' ? ', ' : ' and '}an unknown time for ${countText(unknown, 'step')}`
  return `Computes ${steps}${known}${rest}; ${kept}.`
}

function spanText(least: number, most: number): string {
  if (aboutText(least) === aboutText(most)) return aboutText(most)
  const atMost = `at most ${aboutText(most).replace('about ', '')}`
  return least === 0 ? atMost : `${aboutText(least)}, ${atMost}`
}

function stateAfter(error: unknown): State {
  if (error instanceof ServerError && isTrust(error.answer)) return { kind: 'trust', config: error.answer.config }
  return { kind: 'problem', why: wordsOf(error) }
}
