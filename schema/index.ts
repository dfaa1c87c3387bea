// The property-schema language and the lifecycle language: pure functions for the server, the CLI and the console.

export { goNumber, goQuote, goValue } from './go-format.ts'
export { isJsonObject, type Json, type JsonObject, jsonEqual } from './json.ts'
export {
  allowedActions,
  isRunning,
  isTerminal,
  type LifecycleAction,
  type LifecycleSchema,
  mayStart,
  nextState,
  type Step,
  stepRefusal,
  type Transition,
} from './lifecycle/lifecycle.ts'
export { checkLifecycle } from './lifecycle/lifecycle-check.ts'
export { lintSchema, type Warning } from './lint.ts'
export { compilePattern } from './pattern.ts'
export type {
  PropertyDefinition,
  PropertySchema,
  PropertyType,
  Registry,
  Rule,
  SecretType,
} from './property/definition.ts'
export { checkPropertySchema } from './property/definition-check.ts'
export { evaluateProperties, unknownProperties } from './property/evaluate.ts'
export type { Actor, Evaluation, EvaluationArgs, Lookups, NewSecret, Violation } from './property/evaluation.ts'
export { type SecretReference, secretReferences } from './property/secrets.ts'
export { SchemaError } from './schema-error.ts'
export { parseUuid } from './uuid.ts'
