// Warnings about a lifecycle that is acceptable and in which services may still get stuck.

import type { LifecycleAction, LifecycleSchema, Transition } from './lifecycle/lifecycle.ts'
import { isTerminal, leavesFrom } from './lifecycle/lifecycle.ts'
import type { Warning } from './lint.ts'

/** Warnings with paths `lifecycle`, `lifecycle.states.⟨name⟩` and `lifecycle.actions.⟨name⟩`. */
export function lintLifecycle(lifecycle: LifecycleSchema): Warning[] {
  return [
    ...lintCreation(lifecycle).map((message) => ({ path: 'lifecycle', message })),
    ...lintStates(lifecycle),
    ...lifecycle.actions.flatMap((action) =>
      lintAction(action, lifecycle).map((message) => ({ path: `lifecycle.actions.${action.name}`, message })),
    ),
  ]
}

function lintCreation(lifecycle: LifecycleSchema): string[] {
  const { initialState: initial } = lifecycle
  const messages: string[] = []
  const create = lifecycle.actions.find(({ name }) => name === 'create')
  if (create === undefined)
    messages.push('there is no create action: no creation can complete, so no service of this type can be created')
  else if (!create.transitions.some(({ from, onError }) => from === initial && onError !== true))
    messages.push(`create has no success transition from the initial state ${initial}: no creation can complete`)
  else if (!create.transitions.some(({ from, onError }) => from === initial && onError === true))
    messages.push(
      `create has no error transition from ${initial}: a service whose creation fails stays there, and only create can be tried again`,
    )
  if (isTerminal(lifecycle, initial)) messages.push(`the initial state ${initial} is terminal: nothing can ever start`)
  return messages
}

function lintStates(lifecycle: LifecycleSchema): Warning[] {
  const reached = reachableStates(lifecycle)
  return lifecycle.states.flatMap(({ name }) => {
    const path = `lifecycle.states.${name}`
    if (!reached.has(name)) return [{ path, message: 'no action leads here from the initial state' }]
    const leaves = lifecycle.actions.some((action) => leavesFrom(lifecycle, name, action.name).ok)
    return leaves || isTerminal(lifecycle, name)
      ? []
      : [{ path, message: 'it is not terminal and no action starts here: services in it stay for ever' }]
  })
}

function reachableStates(lifecycle: LifecycleSchema): Set<string> {
  const transitions = lifecycle.actions.flatMap((action) => action.transitions)
  const reached = new Set([lifecycle.initialState])
  // A set visits what is added while it is walked, so this ends when nothing new is found.
  for (const state of reached) {
    if (isTerminal(lifecycle, state)) continue
    for (const { from, to } of transitions) if (from === state) reached.add(to)
  }
  return reached
}

function lintAction(action: LifecycleAction, lifecycle: LifecycleSchema): string[] {
  return action.transitions.flatMap((transition, index) => {
    const { from, to, onError, onErrorRegexp } = transition
    const step = `the transition ${from} to ${to}`
    const messages: string[] = []
    if (isTerminal(lifecycle, from)) messages.push(`${step} leaves a terminal state and is never taken`)
    if (onErrorRegexp !== undefined && onError !== true)
      messages.push(`${step} has a regexp but is not for errors, so the regexp does nothing`)
    if (action.transitions.slice(0, index).some((earlier) => hides(earlier, transition)))
      messages.push(`${step} is never taken: an earlier one from ${from} comes first`)
    return messages
  })
}

function hides(earlier: Transition, later: Transition): boolean {
  if (earlier.from !== later.from || (earlier.onError === true) !== (later.onError === true)) return false
  return earlier.onError !== true || earlier.onErrorRegexp === undefined
}
