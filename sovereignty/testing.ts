/** What tests of the rules share: the profiles of the vectors, changed, and one constraint judged by itself. */
import { readFileSync } from 'node:fs'
import { type DecisionContext, decide } from './decide.ts'
import type { Constraint, Policy } from './policy.ts'
import type { Profile } from './profile.ts'

const FILE = JSON.parse(readFileSync(new URL('testdata/vectors.json', import.meta.url), 'utf8'))
export const AT = '2026-11-23T12:00:00Z'
export const CONTEXT: DecisionContext = { at: AT, groups: FILE.zones }
/** A profile of the vectors, to be changed at will. */
export const profile = (name: string): Profile => structuredClone(FILE.profiles[name])

/** A platform's policy in the EEA; the constraints are `c0`, `c1`, … */
export function policy(constraints: readonly Omit<Constraint, 'id'>[], rest: Partial<Policy> = {}): Policy {
  return {
    id: 'p',
    version: 1,
    scope: { kind: 'platform' },
    mode: 'enforce',
    trustedZone: { groups: ['EEA'] },
    onUnknown: 'deny',
    minAssurance: 'none',
    constraints: constraints.map((constraint, index) => ({ id: `c${index}`, ...constraint })),
    ...rest,
  }
}

/** The code of the one constraint: `pass` when it passed, with its obligations. */
export function judge(
  of: Profile,
  type: string,
  params: Constraint['params'] = {},
  context: Partial<DecisionContext> = {},
) {
  const { findings, obligations } = decide(of, [policy([{ type, params }])], { ...CONTEXT, ...context })
  const [finding] = findings
  return finding?.code ?? ['pass', ...obligations].join(' ')
}

/** A profile after an edit. */
export function change(name: string, edit: (of: Required<Profile>) => void): Profile {
  const changed = profile(name)
  // the profiles of the vectors have every section that is edited here
  edit(changed as Required<Profile>)
  return changed
}

/** A profile without one member. */
export function lacking(name: string, path: string): Profile {
  const changed = profile(name)
  const parts = path.split('.')
  // biome-ignore lint/suspicious/noExplicitAny: any member of any section
  let at: any = changed
  for (const part of parts.slice(0, -1)) at = at[part]
  delete at[parts.at(-1) ?? '']
  return changed
}
