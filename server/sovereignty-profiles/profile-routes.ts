/** HTTP for sovereignty profiles: drafts are their provider's, published versions everybody's. */
import { randomUUID } from 'node:crypto'
import { type SovereigntyProfileUpdate, sovereigntyProfiles } from '@fulcrum/contract'
import { sql } from 'kysely'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { noteChange } from './change-store.ts'
import { checkFacts } from './facts.ts'
import { checkValidity, type ProfileVersion, publish, requireDraft, withdraw } from './profile.ts'
import {
  deleteProfile,
  getProfile,
  insertProfile,
  lockProfile,
  nextVersion,
  profileList,
  profileToWire,
  publishedFacts,
  saveProfile,
} from './profile-store.ts'
import { seesEverything } from './reader.ts'
import { subjectLinks } from './subject.ts'
import { lockSubject } from './subject-store.ts'

export function profileRoutes(api: Api, { db }: Platform): void {
  api.handle(sovereigntyProfiles.list, ({ query, identity }) => {
    const readable = seesEverything(identity)
      ? sql`true`
      : sql`t.status = 'published' OR t.participant_id = ${identity.participantId}::uuid`
    // who may read what does not follow from owners alone
    return listPage(db, sovereigntyProfiles.list, query, 'all', profileList(readable))
  })

  api.handle(sovereigntyProfiles.get, async ({ params, identity }) => {
    const profile = await getProfile(db, params.id)
    const own = seesEverything(identity) || identity.participantId === profile.participantId
    if (profile.status !== 'published' && !own)
      throw new Refusal('forbidden', 'only its own participant may read what is not published')
    return profileToWire(profile)
  })

  api.handle(sovereigntyProfiles.create, async ({ body, authorize, command }) => {
    const { participantId, agentId, serviceTypeId } = body
    authorize({ participantId })
    const subject = {
      participantId,
      ...(agentId !== undefined && { agentId }),
      ...(serviceTypeId !== undefined && { serviceTypeId }),
    }
    const facts = checkFacts(body.facts)
    const created = await command(async (c) => {
      await lockSubject(c.tx, subject)
      const draft = checkValidity({
        id: randomUUID(),
        ...subject,
        version: await nextVersion(c.tx, subject),
        status: 'draft',
        facts,
        validFrom: body.validFrom === undefined ? c.now : new Date(body.validFrom),
        validUntil: body.validUntil === undefined ? null : new Date(body.validUntil),
        publishedAt: null,
        createdAt: c.now,
        updatedAt: c.now,
      })
      await insertProfile(c.tx, draft)
      await appendEvent(c, {
        type: 'sovereignty_profile.created',
        ...links(draft),
        properties: { version: draft.version },
      })
      return draft
    })
    return profileToWire(created)
  })

  api.handle(sovereigntyProfiles.update, async ({ params, body, authorize, command }) => {
    const changed = await command(async (c) => {
      const before = await lockProfile(c.tx, params.id)
      authorize({ participantId: before.participantId })
      requireDraft(before)
      const after = checkValidity({ ...before, ...changeOf(body), updatedAt: c.now })
      await saveProfile(c.tx, after)
      await appendEvent(c, {
        type: 'sovereignty_profile.updated',
        ...links(after),
        properties: changes(shape(before), shape(after)),
      })
      return after
    })
    return profileToWire(changed)
  })

  api.handle(sovereigntyProfiles.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const profile = await lockProfile(c.tx, params.id)
      authorize({ participantId: profile.participantId })
      requireDraft(profile)
      await deleteProfile(c.tx, profile.id)
      await appendEvent(c, { type: 'sovereignty_profile.deleted', ...links(profile) })
    })
  })

  api.handle(sovereigntyProfiles.publish, async ({ params, authorize, command }) => {
    const published = await command(async (c) => {
      const draft = await lockProfile(c.tx, params.id)
      authorize({ participantId: draft.participantId })
      const after = publish(draft, c.now)
      const before = await publishedFacts(c.tx, draft)
      await saveProfile(c.tx, after)
      await noteChange(c)
      await appendEvent(c, {
        type: 'sovereignty_profile.published',
        ...links(after),
        properties: { version: after.version, ...changes(before ?? {}, after.facts) },
      })
      return after
    })
    return profileToWire(published)
  })

  api.handle(sovereigntyProfiles.withdraw, async ({ params, authorize, command }) => {
    const withdrawn = await command(async (c) => {
      const published = await lockProfile(c.tx, params.id)
      authorize({ participantId: published.participantId })
      const after = withdraw(published, c.now)
      await saveProfile(c.tx, after)
      await noteChange(c)
      await appendEvent(c, {
        type: 'sovereignty_profile.withdrawn',
        ...links(after),
        properties: { version: after.version },
      })
      return after
    })
    return profileToWire(withdrawn)
  })
}

function changeOf({ facts, validFrom, validUntil }: SovereigntyProfileUpdate): Partial<ProfileVersion> {
  return {
    ...(facts !== undefined && { facts: checkFacts(facts) }),
    ...(validFrom !== undefined && { validFrom: new Date(validFrom) }),
    ...(validUntil !== undefined && { validUntil: new Date(validUntil) }),
  }
}

/** What an event about a draft compares. */
function shape({ facts, validFrom, validUntil }: ProfileVersion) {
  return { facts, validFrom: validFrom.toISOString(), validUntil: validUntil?.toISOString() ?? null }
}

function links(profile: ProfileVersion) {
  return { entityId: profile.id, ...subjectLinks(profile) }
}
