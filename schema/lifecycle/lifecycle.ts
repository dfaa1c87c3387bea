// The lifecycle of a service: which actions move it from which state to which (contract, DOMAIN 4).

import { goQuote } from '../go-format.ts'
import { compilePattern } from '../pattern.ts'
import { SchemaError } from '../schema-error.ts'

export type Transition = {
  from: string
  to: string
  /** True: taken when the job of the action fails. Otherwise: taken when it completes. */
  onError?: boolean
  /** RE2, searched in the error message. Without it any message fits. Acts only together with `onError`. */
  onErrorRegexp?: string
}

export type LifecycleAction = {
  name: string
  /** Kept for the wire; has no effect. */
  requestSchemaType?: string
  /** In this order: the first that fits is taken. */
  transitions: Transition[]
}

export type LifecycleSchema = {
  states: { name: string }[]
  actions: LifecycleAction[]
  initialState: string
  /** States that end a service. Null, not absent, when there are none: that is the wire's form. */
  terminalStates: string[] | null
  /** States that count as up time. */
  runningStates?: string[]
}

/** Characters of an error message in which patterns are searched for. */
const SEARCHED_CHARACTERS = 4_096

export type Step = { kind: 'to'; state: string } | { kind: 'no-transition' } | { kind: 'unknown-action' }

/**
 * Where a job that has ended leads. One job moves one step, however long the chain of transitions is.
 *
 * @param errorMessage null: the job completed. A text, the empty one included: it failed with that message.
 * @returns `no-transition` when the action exists and has nothing for this state and outcome; `stepRefusal` has the texts
 */
export function nextState(
  lifecycle: LifecycleSchema,
  state: string,
  action: string,
  errorMessage: string | null,
): Step {
  const found = findAction(lifecycle, action)
  if (found === undefined) return { kind: 'unknown-action' }
  const taken = found.transitions.find(
    (transition) =>
      transition.from === state &&
      (errorMessage === null ? transition.onError !== true : catches(transition, errorMessage)),
  )
  return taken === undefined ? { kind: 'no-transition' } : { kind: 'to', state: taken.to }
}

function catches({ onError, onErrorRegexp }: Transition, errorMessage: string): boolean {
  if (onError !== true) return false
  if (onErrorRegexp === undefined || onErrorRegexp === '') return true
  try {
    return compilePattern(onErrorRegexp)(errorMessage.slice(0, SEARCHED_CHARACTERS))
  } catch (error) {
    // Definitions are checked when they are saved; one that does not compile all the same catches nothing.
    if (error instanceof SchemaError) return false
    throw error
  }
}

/** Why `nextState` led nowhere, as the contract's text. */
export function stepRefusal(
  kind: 'no-transition' | 'unknown-action',
  state: string,
  action: string,
  errorMessage: string | null,
): string {
  if (kind === 'unknown-action') return unknownAction(action)
  const where = `for action ${goQuote(action)} from state ${goQuote(state)}`
  return errorMessage === null
    ? `no valid transition found ${where}: no lifecycle transition found`
    : `no valid error transition found ${where} with error code ${goQuote(errorMessage)}: no lifecycle transition found`
}

/** May a job for this action be made for a service in this state? `reason` is the contract's text. */
export function mayStart(
  lifecycle: LifecycleSchema,
  state: string,
  action: string,
): { ok: true } | { ok: false; reason: string } {
  if (isTerminal(lifecycle, state))
    return { ok: false, reason: `cannot perform action on service in terminal state: ${state}` }
  return leavesFrom(lifecycle, state, action)
}

/** As `mayStart`, without regard to terminal states: does the action have a transition, of either kind, from here? */
export function leavesFrom(
  lifecycle: LifecycleSchema,
  state: string,
  action: string,
): { ok: true } | { ok: false; reason: string } {
  const found = findAction(lifecycle, action)
  if (found === undefined) return { ok: false, reason: unknownAction(action) }
  if (found.transitions.some((transition) => transition.from === state)) return { ok: true }
  return { ok: false, reason: `action ${goQuote(action)} is not allowed from state ${goQuote(state)}` }
}

/** Does this state end the service? */
export function isTerminal(lifecycle: LifecycleSchema, state: string): boolean {
  return lifecycle.terminalStates?.includes(state) ?? false
}

/** Does time in this state count as up time? */
export function isRunning(lifecycle: LifecycleSchema, state: string): boolean {
  return lifecycle.runningStates?.includes(state) ?? false
}

/** Names of the actions that may start in this state, in the order of the definition. Empty in a terminal state. */
export function allowedActions(lifecycle: LifecycleSchema, state: string): string[] {
  if (isTerminal(lifecycle, state)) return []
  return lifecycle.actions
    .filter(({ transitions }) => transitions.some(({ from }) => from === state))
    .map(({ name }) => name)
}

function findAction(lifecycle: LifecycleSchema, name: string): LifecycleAction | undefined {
  return lifecycle.actions.find((action) => action.name === name)
}

function unknownAction(action: string): string {
  return `action ${goQuote(action)} not found in lifecycle schema`
}
