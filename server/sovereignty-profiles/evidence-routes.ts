/** HTTP for evidence: providers bring it, admins attest and revoke it. */
import {
  type SovereigntyEvidenceAttest,
  sovereigntyEvidences,
  type SovereigntyEvidence as WireEvidence,
} from '@fulcrum/contract'
import { type Evidence, weigh } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import { appendEvent } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Command } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import type { ListSource } from '../platform/lists.ts'
import { listPage } from '../platform/lists.ts'
import { timestamp } from '../platform/wire.ts'
import { noteChange } from './change-store.ts'
import { toEvidence } from './effective-store.ts'
import { attested, broughtEvidence, requireUntouched, revoked } from './evidence.ts'
import {
  deleteEvidence,
  type EvidenceRow,
  getEvidence,
  lockEvidence,
  recordEvidence,
  writeVerification,
} from './evidence-store.ts'
import { seesEverything } from './reader.ts'
import { subjectLinks, toSubject } from './subject.ts'
import { lockSubject } from './subject-store.ts'

export function evidenceRoutes(api: Api, { db, now }: Platform): void {
  api.handle(sovereigntyEvidences.list, ({ query, scope }) =>
    listPage(db, sovereigntyEvidences.list, query, scope, evidenceList(now())),
  )

  api.handle(sovereigntyEvidences.get, async ({ params, authorize }) => {
    const row = await getEvidence(db, params.id)
    authorize({ participantId: row.participant_id })
    return evidenceToWire(row, now())
  })

  api.handle(sovereigntyEvidences.create, async ({ body, authorize, command }) => {
    const { participantId, agentId, serviceTypeId } = body
    authorize({ participantId })
    const subject = {
      participantId,
      ...(agentId !== undefined && { agentId }),
      ...(serviceTypeId !== undefined && { serviceTypeId }),
    }
    const id = await command(async (c) => {
      const evidence = broughtEvidence(body, c.now)
      await lockSubject(c.tx, subject)
      return recordEvidence(c, { ...subject, ...evidence })
    })
    return evidenceToWire(await getEvidence(db, id), now())
  })

  api.handle(sovereigntyEvidences.delete, async ({ params, identity, authorize, command }) => {
    await command(async (c) => {
      const row = await lockEvidence(c.tx, params.id)
      authorize({ participantId: row.participant_id })
      if (!seesEverything(identity)) requireUntouched(toEvidence(row))
      await deleteEvidence(c.tx, row.id)
      await noteChange(c)
      await appendEvent(c, { type: 'sovereignty_evidence.deleted', ...links(row), properties: { kind: row.kind } })
    })
  })

  api.handle(sovereigntyEvidences.attest, async ({ params, body, identity, authorize, command }) => {
    // an admin that is narrowed to a participant does not speak for the federation
    authorize({})
    await command((c) => attest(c, params.id, body, identity.name))
    return evidenceToWire(await getEvidence(db, params.id), now())
  })

  api.handle(sovereigntyEvidences.revoke, async ({ params, body, identity, authorize, command }) => {
    authorize({})
    await command(async (c) => {
      const row = await lockEvidence(c.tx, params.id)
      const { verification } = toEvidence(row)
      await writeVerification(c, row, revoked(verification, body.reason, { by: identity.name, now: c.now }))
      await appendEvent(c, {
        type: 'sovereignty_evidence.revoked',
        ...links(row),
        properties: { reason: body.reason, level: verification.level },
      })
    })
    return evidenceToWire(await getEvidence(db, params.id), now())
  })
}

async function attest(c: Command, id: string, body: SovereigntyEvidenceAttest, by: string): Promise<void> {
  const row = await lockEvidence(c.tx, id)
  const validUntil = body.validUntil === undefined ? row.valid_until : new Date(body.validUntil)
  const verification = attested(toEvidence(row).verification, body, { by, now: c.now, validUntil })
  await writeVerification(c, row, verification, body.validUntil)
  await appendEvent(c, {
    type: 'sovereignty_evidence.attested',
    ...links(row),
    properties: {
      level: body.level,
      method: body.method,
      ...(validUntil !== null && { validUntil: timestamp(validUntil) }),
    },
  })
}

function links(row: EvidenceRow) {
  return { entityId: row.id, ...subjectLinks(toSubject(row)) }
}

function evidenceList(now: Date): ListSource<EvidenceRow, WireEvidence> {
  return {
    table: 'sovereignty_evidences',
    select: sql`t.*`,
    toItem: (row) => evidenceToWire(row, now),
  }
}

/** In the words of the wire: lists can be written to, and checks are always there. */
function evidenceToWire(row: EvidenceRow, now: Date): WireEvidence {
  const { id, verification, assertsPaths, exceptPaths: _, ...rest } = toEvidence(row)
  return {
    id,
    ...toSubject(row),
    ...rest,
    assertsPaths: [...assertsPaths],
    verification: { ...verification, checks: [...(verification.checks ?? [])] },
    weight: weightOf(toEvidence(row), now),
    createdAt: timestamp(row.created_at),
    updatedAt: timestamp(row.updated_at),
  }
}

function weightOf(evidence: Evidence, now: Date): WireEvidence['weight'] {
  return weigh(evidence, now.toISOString())
}
