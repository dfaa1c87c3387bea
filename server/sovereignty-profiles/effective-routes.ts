/** HTTP for what holds for an offering, and for what ends soon. */
import { sovereigntyNotices, sovereigntyProfiles } from '@fulcrum/contract'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound, Refusal } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { parseTime, parseUuid } from '../platform/wire.ts'
import { isOffered, offeringProfiles } from './effective-store.ts'
import { effectiveView } from './effective-view.ts'
import { noticeList } from './notice-store.ts'
import { NOBODY, seesEverything } from './reader.ts'

export function effectiveRoutes(api: Api, { db, now }: Platform): void {
  api.handle(sovereigntyProfiles.effective, async ({ query }) => {
    const key = { agentId: requiredId(query, 'agentId'), serviceTypeId: requiredId(query, 'serviceTypeId') }
    const asked = query.get('at')
    const at = asked ? parseTime(asked) : now()
    if (at === null) throw new Refusal('invalid', `at: '${asked?.slice(0, 50)}' is not an RFC 3339 time`)
    if (!(await isOffered(db, key))) throw notFound('offering', `${key.agentId} ${key.serviceTypeId}`)
    const [offering] = await offeringProfiles(db, [key], at)
    if (!offering) throw notFound('agent', key.agentId)
    return effectiveView(offering, at)
  })

  api.handle(sovereigntyNotices.list, ({ query, identity }) =>
    // whom a notice concerns does not follow from owners alone
    listPage(
      db,
      sovereigntyNotices.list,
      query,
      'all',
      noticeList(seesEverything(identity) ? null : (identity.participantId ?? NOBODY), now()),
    ),
  )
}

function requiredId(query: URLSearchParams, name: string): string {
  const text = query.get(name)
  if (!text) throw new Refusal('invalid', `${name} is required`)
  const id = parseUuid(text)
  if (id === null) throw new Refusal('invalid', `${name}: '${text.slice(0, 50)}' is not a UUID`)
  return id
}
