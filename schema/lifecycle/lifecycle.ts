// The lifecycle of a service: which actions move it from which state to which.

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

export type Step = { kind: 'to'; state: string } | { kind: 'no-transition' } | { kind: 'unknown-action' }

/**
 * Where a job that has ended leads.
 *
 * @param errorMessage null: the job completed. A text, the empty one included: it failed with that message.
 * @returns `no-transition` when the action exists and has nothing for this state and outcome.
 */
export function nextState(
  lifecycle: LifecycleSchema,
  state: string,
  action: string,
  errorMessage: string | null,
): Step {
  throw new Error(`not yet written: ${lifecycle.initialState} ${state} ${action} ${errorMessage}`)
}

/** May a job for this action be made for a service in this state? `reason` is the text for the caller. */
export function mayStart(
  lifecycle: LifecycleSchema,
  state: string,
  action: string,
): { ok: true } | { ok: false; reason: string } {
  throw new Error(`not yet written: ${lifecycle.initialState} ${state} ${action}`)
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
  return lifecycle.actions.map((action) => action.name).filter((name) => mayStart(lifecycle, state, name).ok)
}
