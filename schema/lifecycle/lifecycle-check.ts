// Is a lifecycle acceptable, and what is kept of it (contract, DOMAIN 4)?

import { goQuote } from '../go-format.ts'
import { byteLength, type Json, type JsonObject } from '../json.ts'
import { PatternBudget } from '../pattern.ts'
import { asObject, flagField, listField, rootObject, textField, textListField } from '../raw-field.ts'
import { SchemaError } from '../schema-error.ts'
import type { LifecycleAction, LifecycleSchema, Transition } from './lifecycle.ts'

/** A job keeps the name of its action in so many bytes. */
const ACTION_NAME_BYTES = 50
/** Instructions of all patterns together: each may be searched for in one error message. */
const MAX_PATTERNS_SIZE = 5_000

/**
 * Checks a lifecycle as somebody sent it.
 *
 * @param input parsed JSON
 * @returns the form to store: unknown keys dropped, optional parts left out when empty, `terminalStates` null when absent
 * @throws SchemaError with the contract's text for the first thing that is wrong
 */
export function checkLifecycle(input: unknown): LifecycleSchema {
  const raw = rootObject(input, 'lifecycle')
  const states = (listField(raw, 'states', 'lifecycle states') ?? []).map(readState)
  if (states.length === 0) throw new SchemaError('lifecycle must have at least one state')
  const known = uniqueNames(states, 'state')

  const initialState = textField(raw, 'initialState', 'lifecycle initial state') ?? ''
  if (initialState === '') throw new SchemaError('lifecycle must have an initial state')
  mustBeKnown([initialState], known, 'initial')
  const terminalStates = textListField(raw, 'terminalStates', 'lifecycle terminal states')
  mustBeKnown(terminalStates, known, 'terminal')
  const runningStates = textListField(raw, 'runningStates', 'lifecycle running states')
  mustBeKnown(runningStates, known, 'running')

  const rawActions = listField(raw, 'actions', 'lifecycle actions') ?? []
  if (rawActions.length === 0) throw new SchemaError('lifecycle must have at least one action')
  const taken = new Set<string>()
  const patterns = new PatternBudget(MAX_PATTERNS_SIZE)
  const actions = rawActions.map((action) => checkAction(action, known, taken, patterns))

  return {
    states,
    actions,
    initialState,
    terminalStates: terminalStates ?? null,
    ...(runningStates !== undefined && runningStates.length > 0 ? { runningStates } : {}),
  }
}

function readState(input: Json): { name: string } {
  return { name: textField(asObject(input ?? {}, 'lifecycle state'), 'name', 'lifecycle state name') ?? '' }
}

function uniqueNames(named: { name: string }[], what: string): Set<string> {
  const names = new Set<string>()
  for (const { name } of named) addName(names, name, what)
  return names
}

function addName(names: Set<string>, name: string, what: string): void {
  if (name === '') throw new SchemaError(`lifecycle ${what} name cannot be empty`)
  if (names.has(name)) throw new SchemaError(`duplicate lifecycle ${what} name: ${name}`)
  names.add(name)
}

function mustBeKnown(states: string[] | undefined, known: Set<string>, role: string): void {
  const unknown = states?.find((state) => !known.has(state))
  if (unknown !== undefined)
    throw new SchemaError(`lifecycle ${role} state ${goQuote(unknown)} does not exist in states list`)
}

function checkAction(input: Json, states: Set<string>, taken: Set<string>, patterns: PatternBudget): LifecycleAction {
  const raw = asObject(input, 'lifecycle action')
  const name = textField(raw, 'name', 'lifecycle action name') ?? ''
  addName(taken, name, 'action')
  const action = `lifecycle action ${goQuote(name)}`
  if (byteLength(name) > ACTION_NAME_BYTES)
    throw new SchemaError(`${action} name must not be longer than ${ACTION_NAME_BYTES} bytes`)
  const requestSchemaType = textField(raw, 'requestSchemaType', `${action} requestSchemaType`) ?? ''
  const transitions = listField(raw, 'transitions', `${action} transitions`) ?? []
  if (transitions.length === 0) throw new SchemaError(`${action} must have at least one transition`)
  return {
    name,
    ...(requestSchemaType === '' ? {} : { requestSchemaType }),
    transitions: transitions.map((entry) =>
      checkTransition(asObject(entry, `${action} transition`), states, action, patterns),
    ),
  }
}

function checkTransition(raw: JsonObject, states: Set<string>, action: string, patterns: PatternBudget): Transition {
  const from = textField(raw, 'from', `${action} transition from`) ?? ''
  const to = textField(raw, 'to', `${action} transition to`) ?? ''
  if (!states.has(from)) throw new SchemaError(`${action} transition references invalid from state ${goQuote(from)}`)
  if (!states.has(to)) throw new SchemaError(`${action} transition references invalid to state ${goQuote(to)}`)
  const onError = flagField(raw, 'onError', `${action} transition onError`)
  const onErrorRegexp = textField(raw, 'onErrorRegexp', `${action} transition onErrorRegexp`) ?? ''
  checkRegexp(onErrorRegexp, action, patterns)
  return { from, to, ...(onError ? { onError } : {}), ...(onErrorRegexp === '' ? {} : { onErrorRegexp }) }
}

function checkRegexp(pattern: string, action: string, patterns: PatternBudget): void {
  if (pattern === '') return
  try {
    patterns.add(pattern)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new SchemaError(`${action} transition has invalid error regexp ${goQuote(pattern)}: ${error.message}`)
  }
}
