/** Decides a placement again from its record, with the rules alone, and compares what comes out. No server is asked anything. */
import { type Placement, type PlacementInputs, placeRecorded } from '@fulcrum/sovereignty'
import { jsonDigest } from '@fulcrum/sovereignty/audit'
import { usage } from './errors.ts'

/** As the server keeps it, or as a file holds it. */
export type DecisionRecord = { id: string; inputsSha256: string; inputs: unknown; result: unknown }

export type Replay = {
  id: string
  same: boolean
  /** Whether the inputs are those that the decision names. */
  inputsIntact: boolean
  /** The digest of these inputs. */
  inputsSha256: string
  /** Where the recorded result differs from what the rules give, as JSON Pointers with both values. */
  differences: { path: string; recorded?: unknown; computed?: unknown }[]
  result: Placement
}

/** @throws CliError (usage) when it is no record, or one of a form that is not known here */
export function readRecord(value: Readonly<Record<string, unknown>>): DecisionRecord {
  const { id, inputsSha256, inputs, result } = value
  if (typeof id !== 'string' || typeof inputsSha256 !== 'string' || !isObject(inputs) || !isObject(result))
    throw usage('This is no record of a decision.', ['Get one with: fulcrum decision inputs ID > decision.json'])
  if (inputs.v !== 1)
    throw usage(`The record has a form (${JSON.stringify(inputs.v)}) that this fulcrum does not know.`)
  return { id, inputsSha256, inputs, result }
}

export function replay({ id, inputsSha256, inputs, result }: DecisionRecord): Replay {
  const digest = jsonDigest(inputs)
  // `readRecord` knows the form by its number; inputs that were tampered with show in the digest
  const computed: Placement = JSON.parse(JSON.stringify(placeRecorded(inputs as PlacementInputs)))
  const differences = compare(result, computed, '')
  const inputsIntact = digest === inputsSha256
  return {
    id,
    same: inputsIntact && differences.length === 0,
    inputsIntact,
    inputsSha256: digest,
    differences,
    result: computed,
  }
}

function compare(recorded: unknown, computed: unknown, path: string): Replay['differences'] {
  if (Object.is(recorded, computed)) return []
  if (isObject(recorded) && isObject(computed) && Array.isArray(recorded) === Array.isArray(computed)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(computed)])]
    return names.flatMap((name) =>
      compare(recorded[name], computed[name], `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    )
  }
  return [{ path, ...(recorded !== undefined && { recorded }), ...(computed !== undefined && { computed }) }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object'
}
