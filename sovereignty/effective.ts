/**
 * The profile that holds for an offering: that of its participant, of its agent and its own, merged. The more specific one wins,
 * but lists of places, sub-processors, components and instruments are united: a child can add exposure and never hide its parent's.
 */
import type { Evidence, Profile } from './profile.ts'

/** Members that are united; `name` or the like tells which items are the same one. */
const UNITED: Readonly<Record<string, ((item: Record<string, unknown>) => unknown) | null>> = {
  '/location/storage': null,
  '/location/processing': null,
  '/location/backup': null,
  '/location/telemetry': null,
  '/location/support': null,
  '/location/controlPlane': null,
  '/location/keys': null,
  '/location/sites': ({ id }) => id,
  '/legal/governingLaw': null,
  '/control/ultimateControllerCountries': null,
  '/operations/adminAccessCountries': null,
  '/operations/socCountries': null,
  '/supplyChain/subprocessors': ({ name }) => name,
  '/supplyChain/components': ({ name }) => name,
  '/extraterritorial': ({ jurisdiction, instrument }) => `${jurisdiction} ${instrument}`,
}

/** @param chain  from the widest, the participant's, to the narrowest, the offering's; the narrowest one's id is kept */
export function effectiveProfile(chain: readonly [Profile, ...Profile[]]): Profile {
  return chain.reduce((parent, child) => {
    const { evidences: inherited = [], ...facts } = parent
    const { evidences: own = [], ...stated } = child
    const said = statedPaths(stated, '')
    return {
      // both are profiles without evidence, and so is what they merge to
      ...(merge(facts, stated, '') as Profile),
      evidences: [...inherited.map((evidence) => without(evidence, said)), ...own],
    }
  })
}

function merge(parent: unknown, child: unknown, path: string): unknown {
  if (child === undefined) return parent
  if (parent === undefined) return child
  if (Array.isArray(parent) && Array.isArray(child) && path in UNITED) return unite(parent, child, UNITED[path] ?? null)
  if (!isObject(parent) || !isObject(child)) return child
  const names = new Set([...Object.keys(parent), ...Object.keys(child)])
  return Object.fromEntries([...names].map((name) => [name, merge(parent[name], child[name], `${path}/${name}`)]))
}

/** The child's item replaces the parent's of the same key. */
function unite(
  parent: unknown[],
  child: unknown[],
  key: ((item: Record<string, unknown>) => unknown) | null,
): unknown[] {
  const keyOf = (item: unknown) => (key && isObject(item) ? key(item) : item)
  const own = new Set(child.map(keyOf))
  return [...parent.filter((item) => !own.has(keyOf(item))), ...child]
}

/** Pointers to what a profile states: its sections, and their members. */
function statedPaths(profile: object, prefix: string): string[] {
  return Object.entries(profile).flatMap(([name, value]) => {
    if (prefix === '' && name === 'id') return []
    const path = `${prefix}/${name}`
    return prefix === '' && isObject(value) ? statedPaths(value, path) : [path]
  })
}

/** What the parent's evidence proved is not proved of what the child says instead. */
function without(evidence: Evidence, stated: readonly string[]): Evidence {
  return stated.length === 0 ? evidence : { ...evidence, exceptPaths: [...(evidence.exceptPaths ?? []), ...stated] }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
