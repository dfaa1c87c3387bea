/** The property-schema and lifecycle languages as they go over the wire. What they mean is the room `schema/`. */
import { type Static, Type } from 'typebox'
import { AnyJson, JsonObject } from './values.ts'

const PROPERTY_TYPES = ['string', 'integer', 'number', 'boolean', 'uuid', 'object', 'array', 'json'] as const

/** A named rule with its settings: an authorizer, a validator or a generator. */
export type RuleConfig = { type: string; config: JsonObject | null }

export type PropertyDefinition = {
  type: (typeof PROPERTY_TYPES)[number]
  label: string
  required: boolean
  immutable: boolean
  authorizers?: RuleConfig[]
  default?: AnyJson
  secret?: { type: 'persistent' | 'ephemeral' }
  generator?: RuleConfig
  validators?: RuleConfig[]
  properties?: Record<string, PropertyDefinition>
  items?: PropertyDefinition
  revealable?: boolean
}

const RuleConfigSchema = Type.Object({ type: Type.String(), config: Type.Union([JsonObject, Type.Null()]) })
const RuleInput = Type.Object({ type: Type.String(), config: Type.Optional(JsonObject) })

/** As sent back: the first four fields are always there, the others are left out when empty. */
export const PropertyDefinition = Type.Unsafe<PropertyDefinition>(
  Type.Cyclic(
    {
      PropertyDefinition: Type.Object({
        type: Type.Enum([...PROPERTY_TYPES]),
        label: Type.String({ description: 'Empty when not given.' }),
        required: Type.Boolean(),
        immutable: Type.Boolean(),
        authorizers: Type.Optional(Type.Array(RuleConfigSchema)),
        default: Type.Optional(AnyJson),
        secret: Type.Optional(Type.Object({ type: Type.Enum(['persistent', 'ephemeral']) })),
        generator: Type.Optional(RuleConfigSchema),
        validators: Type.Optional(Type.Array(RuleConfigSchema)),
        properties: Type.Optional(Type.Record(Type.String(), Type.Ref('PropertyDefinition'))),
        items: Type.Optional(Type.Ref('PropertyDefinition')),
        revealable: Type.Optional(
          Type.Boolean({ description: 'The owning consumer may see this secret in clear; present only when true.' }),
        ),
      }),
    },
    'PropertyDefinition',
  ),
)

export const PropertyDefinitionInput = Type.Cyclic(
  {
    PropertyDefinitionInput: Type.Object({
      type: Type.String(),
      label: Type.Optional(Type.String()),
      required: Type.Optional(Type.Boolean()),
      immutable: Type.Optional(Type.Boolean()),
      authorizers: Type.Optional(Type.Array(RuleInput)),
      default: Type.Optional(AnyJson),
      secret: Type.Optional(Type.Object({ type: Type.String() })),
      generator: Type.Optional(RuleInput),
      validators: Type.Optional(Type.Array(RuleInput)),
      properties: Type.Optional(Type.Record(Type.String(), Type.Ref('PropertyDefinitionInput'))),
      items: Type.Optional(Type.Ref('PropertyDefinitionInput')),
      revealable: Type.Optional(Type.Boolean()),
    }),
  },
  'PropertyDefinitionInput',
)

export const PropertySchema = Type.Object({
  properties: Type.Record(Type.String(), PropertyDefinition),
  validators: Type.Union([Type.Array(RuleConfigSchema), Type.Null()], { description: 'null when none were given.' }),
})
export type PropertySchema = Static<typeof PropertySchema>

export const PropertySchemaInput = Type.Object({
  properties: Type.Record(Type.String(), PropertyDefinitionInput, { description: 'At least one property.' }),
  validators: Type.Optional(Type.Array(RuleInput)),
})
export type PropertySchemaInput = Static<typeof PropertySchemaInput>

export const LifecycleTransition = Type.Object({
  from: Type.String(),
  to: Type.String(),
  onError: Type.Optional(Type.Boolean({ description: 'Taken when the job fails; left out when false.' })),
  onErrorRegexp: Type.Optional(Type.String({ description: 'RE2, searched in the error message.' })),
})
export type LifecycleTransition = Static<typeof LifecycleTransition>

export const LifecycleAction = Type.Object({
  name: Type.String(),
  requestSchemaType: Type.Optional(Type.String()),
  transitions: Type.Array(LifecycleTransition),
})
export type LifecycleAction = Static<typeof LifecycleAction>

const lifecycle = {
  states: Type.Array(Type.Object({ name: Type.String() })),
  actions: Type.Array(LifecycleAction),
  initialState: Type.String(),
}

export const LifecycleSchema = Type.Object({
  ...lifecycle,
  terminalStates: Type.Union([Type.Array(Type.String()), Type.Null()], { description: 'null when none were given.' }),
  runningStates: Type.Optional(Type.Array(Type.String())),
})
export type LifecycleSchema = Static<typeof LifecycleSchema>

export const LifecycleSchemaInput = Type.Object({
  ...lifecycle,
  terminalStates: Type.Optional(Type.Array(Type.String())),
  runningStates: Type.Optional(Type.Array(Type.String())),
})
export type LifecycleSchemaInput = Static<typeof LifecycleSchemaInput>
