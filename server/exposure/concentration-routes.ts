/** HTTP for concentration: parse, authorize, read one state, calculate, answer. */
import { exposures } from '@fulcrum/contract'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { parseTime, parseUuid } from '../platform/wire.ts'
import { concentrationOf } from './concentration.ts'
import { concentrationToWire } from './concentration-wire.ts'
import { checkNarrowing } from './narrowing.ts'
import { inSnapshot, type Narrowing, readOfferings, readPortfolio } from './portfolio-store.ts'

export function concentrationRoutes(api: Api, { db, now }: Platform): void {
  api.handle(exposures.concentration, async ({ query, scope, authorize }) => {
    const narrowing = readNarrowing(query)
    const at = readTime(query.get('at')) ?? now()
    const result = await inSnapshot(db, async (tx) => {
      await checkNarrowing(tx, narrowing, scope, authorize)
      const portfolio = await readPortfolio(tx, scope, narrowing, at)
      return concentrationOf(portfolio, await readOfferings(tx, null, at), at)
    })
    return concentrationToWire(result, at)
  })
}

const PARAMETERS = ['consumerId', 'groupId', 'at']

/** @throws Refusal `invalid` for what is no id, and parameters that there are not */
function readNarrowing(query: URLSearchParams): Narrowing {
  for (const name of query.keys())
    if (!PARAMETERS.includes(name)) throw new Refusal('invalid', `there is no parameter ${name}`)
  const consumerId = readId(query, 'consumerId')
  const groupId = readId(query, 'groupId')
  return { ...(consumerId !== undefined && { consumerId }), ...(groupId !== undefined && { groupId }) }
}

function readId(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name)?.trim() ?? ''
  if (text === '') return undefined
  const id = parseUuid(text)
  if (id === null) throw new Refusal('invalid', `${name}: '${text.slice(0, 50)}' is not a UUID`)
  return id
}

function readTime(text: string | null): Date | undefined {
  if (text === null || text.trim() === '') return undefined
  const time = parseTime(text.trim())
  if (time === null) throw new Refusal('invalid', `at: '${text.slice(0, 50)}' is not an RFC 3339 time`)
  return time
}
