/** A Gaia-X label: what it says, and for which credentials it was given. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../audit/canonical-json.ts'

export const LABEL_LEVELS = ['SC', 'L1', 'L2', 'L3'] as const

export type Label = {
  level: (typeof LABEL_LEVELS)[number]
  rulesVersion: string
  /** Ids such as `P5.2.1`. */
  criteria: readonly string[]
  credentials: readonly { id: string; type: string; digestSri: string }[]
}

/** @returns null when the subject is no complete label */
export function readLabel(subject: Readonly<Record<string, unknown>>): Label | null {
  const level = LABEL_LEVELS.find((name) => name === subject['gx:labelLevel'])
  const rulesVersion = subject['gx:rulesVersion']
  const criteria = subject['gx:validatedCriteria']
  const credentials = subject['gx:compliantCredentials']
  if (!level || typeof rulesVersion !== 'string' || !Array.isArray(criteria) || !Array.isArray(credentials)) return null
  const compliant = credentials.map(readReference)
  if (compliant.length === 0 || compliant.includes(null) || !criteria.every((uri) => typeof uri === 'string'))
    return null
  return {
    level,
    rulesVersion,
    criteria: criteria.map((uri: string) => uri.slice(uri.lastIndexOf('#') + 1)),
    credentials: compliant.filter((reference) => reference !== null),
  }
}

function readReference(value: unknown): Label['credentials'][number] | null {
  if (value === null || typeof value !== 'object') return null
  const [id, type, digestSri] = ['id', 'type', 'gx:digestSRI'].map(
    (name) => Object.entries(value).find(([key]) => key === name)?.[1],
  )
  return typeof id === 'string' && typeof type === 'string' && typeof digestSri === 'string'
    ? { id, type, digestSri }
    : null
}

/** Compares `sha256-` and a digest, hexadecimal or base64, with that of the canonical form. */
export function digestMatches(credential: unknown, digestSri: string): boolean {
  const digest = createHash('sha256').update(canonicalJson(credential)).digest()
  return digestSri === `sha256-${digest.toString('hex')}` || digestSri === `sha256-${digest.toString('base64')}`
}
