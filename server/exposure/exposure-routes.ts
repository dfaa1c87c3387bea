/** HTTP for exposure: parse, authorize, read one state, calculate, answer. Nothing is stored. */
import { type ExposureRequest, exposures, type Exposure as WireExposure } from '@fulcrum/contract'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { invalidInput, notFound } from '../platform/errors.ts'
import { pageOf } from '../platform/lists.ts'
import { exposureOf, inOrder } from './exposure.ts'
import { exposureToWire, serviceToWire } from './exposure-wire.ts'
import { checkNarrowing } from './narrowing.ts'
import { inSnapshot, missingIds, readPortfolio } from './portfolio-store.ts'
import { checkScenario } from './scenario.ts'

const DEFAULT_PAGE_SIZE = 1_000
const MAX_PAGE_SIZE = 10_000

export function exposureRoutes(api: Api, { db, now }: Platform): void {
  api.handle(exposures.calculate, async ({ body, scope, authorize }) => {
    const scenario = checkScenario(body.scenario, now())
    const page = checkPage(body)
    const portfolio = await inSnapshot(db, async (tx) => {
      await checkNarrowing(tx, body, scope, authorize)
      const [missing] = await missingIds(tx, 'participants', scenario.providers ?? [])
      if (missing !== undefined) throw notFound('participant', missing)
      // what is stopped cannot be lost any more, but what it holds can be asked for
      return readPortfolio(tx, scope, body, scenario.at, scenario.type === 'data-access-order')
    })
    const result = exposureOf(scenario, portfolio)
    const answer: WireExposure = exposureToWire(scenario, portfolio, result)
    if (body.detail === 'none') return answer
    const listed = body.detail === 'hit' ? result.impacts.filter(({ hit }) => hit) : result.impacts
    const items = inOrder(listed).slice((page.number - 1) * page.size, page.number * page.size)
    const wired = items.map((one) => serviceToWire(one, portfolio))
    return { ...answer, services: pageOf(wired, listed.length, page.number, page.size) }
  })
}

function checkPage({ page = 1, pageSize = DEFAULT_PAGE_SIZE }: ExposureRequest): { number: number; size: number } {
  if (page < 1) throw invalidInput('page must be a whole number above 0')
  if (pageSize < 1 || pageSize > MAX_PAGE_SIZE) throw invalidInput(`pageSize must be 1 to ${MAX_PAGE_SIZE}`)
  return { number: page, size: pageSize }
}
