/** The evidence that a credential became, and what verified credentials say of a participant. */
import { type Evidence, weigh } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import type { Command } from '../platform/command.ts'
import type { Db, Tx } from '../platform/db.ts'
import type { SovereigntyEvidencesTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import { noteChange, recordEvidence, updateEvidenceStatus } from '../sovereignty-profiles/index.ts'
import type { CredentialRow } from './credential-store.ts'
import type { EvidenceDraft } from './evidence.ts'
import type { Claimant } from './party.ts'

type Verification = Evidence['verification']

const METHOD = 'gaia-x-credential'

/** Writes evidence for each part of a credential that was verified, anew or once more. The row must be locked. */
export async function saveEvidence(c: Command, row: CredentialRow, drafts: readonly EvidenceDraft[]): Promise<void> {
  const known = await evidenceOfCredential(c.tx, row.id)
  // what it was evidence of before and is not any more, by another catalogue or other issuers
  for (const gone of known.filter(({ part }) => !drafts.some((draft) => draft.part === part)))
    await updateEvidenceStatus(c, gone.id, failed(c, row, gone.level, 'failed'))
  for (const draft of drafts) {
    const verification: Verification = {
      status: 'verified',
      level: draft.level,
      checkedAt: c.now.toISOString(),
      method: METHOD,
      checks: row.checks,
    }
    const before = known.find(({ part }) => part === draft.part)
    const id =
      before?.id ??
      (await recordEvidence(c, {
        participantId: row.participant_id,
        ...(row.agent_id !== null && { agentId: row.agent_id }),
        ...(row.service_type_id !== null && { serviceTypeId: row.service_type_id }),
        kind: 'verifiable-credential',
        assertsPaths: draft.assertsPaths,
        issuer: { name: row.issuer ?? '', ...(row.issuer !== null && { did: row.issuer }) },
        ...(row.valid_from && { issuedAt: timestamp(row.valid_from), validFrom: timestamp(row.valid_from) }),
        ...(row.valid_until && { validUntil: timestamp(row.valid_until) }),
        mediaType: 'application/vc+jwt',
        ...(row.url !== null && { uri: row.url }),
        ...(row.document_sha256 !== null && { sha256: row.document_sha256 }),
        verification,
      }))
    if (before) await updateEvidenceStatus(c, id, verification)
    await c.tx
      .updateTable('sovereignty_evidences')
      .set({
        credential_id: row.id,
        credential_part: draft.part,
        facts: draft.facts ? JSON.stringify(draft.facts) : null,
      })
      .where('id', '=', id)
      .execute()
  }
}

/** Says of all evidence of a credential that it holds no more. */
export async function failEvidence(
  c: Command,
  row: CredentialRow,
  status: 'revoked' | 'expired' | 'failed',
): Promise<void> {
  for (const { id, level } of await evidenceOfCredential(c.tx, row.id))
    await updateEvidenceStatus(c, id, failed(c, row, level, status))
}

function failed(
  { now }: Command,
  { checks }: CredentialRow,
  level: Verification['level'],
  status: Verification['status'],
): Verification {
  return { status, level, checkedAt: now.toISOString(), method: METHOD, checks }
}

/** To be called when a credential is deleted: its evidence goes with it. */
export async function noteEvidenceGone(c: Command): Promise<void> {
  await noteChange(c)
}

type Known = { id: string; part: string | null; level: SovereigntyEvidencesTable['verification_level'] }

async function evidenceOfCredential(tx: Tx, credentialId: string): Promise<Known[]> {
  return tx
    .selectFrom('sovereignty_evidences')
    .select(['id', 'credential_part as part', 'verification_level as level'])
    .where('credential_id', '=', credentialId)
    .orderBy('id')
    .execute()
}

/** What is known of a participant: what its published profile declares, and the numbers that notaries have confirmed. */
export async function readClaimant(db: Db, participantId: string, byAdmin: boolean, at: Date): Promise<Claimant> {
  const { rows: profiles } = await sql<{ legal: ProfileLegal | null }>`
    SELECT facts -> 'legal' AS legal FROM sovereignty_profiles
    WHERE participant_id = ${participantId} AND agent_id IS NULL AND status = 'published'
      AND valid_from <= ${at} AND (valid_until IS NULL OR valid_until > ${at})
    ORDER BY version DESC LIMIT 1`.execute(db)
  const evidences = await db
    .selectFrom('sovereignty_evidences')
    .selectAll()
    .where('participant_id', '=', participantId)
    .where('credential_part', '=', 'registration')
    .where('verification_level', '=', 'credential-verified')
    .execute()
  const legal = profiles[0]?.legal ?? {}
  return {
    participantId,
    byAdmin,
    proven: evidences.flatMap((row) =>
      row.facts && holds(row, at) ? (row.facts.legal?.registrationNumbers ?? []) : [],
    ),
    declared: {
      ...(legal.legalName !== undefined && { legalName: legal.legalName }),
      ...(legal.registeredCountry !== undefined && { country: legal.registeredCountry }),
      registrationNumbers: legal.registrationNumbers ?? [],
    },
  }
}

type ProfileLegal = {
  legalName?: string
  registeredCountry?: string
  registrationNumbers?: { scheme: string; value: string; country?: string }[]
}

function holds(
  row: {
    verification_status: Verification['status']
    verification_level: Verification['level']
    valid_until: Date | null
  },
  at: Date,
): boolean {
  const evidence: Evidence = {
    id: '',
    kind: 'verifiable-credential',
    assertsPaths: [],
    ...(row.valid_until && { validUntil: timestamp(row.valid_until) }),
    verification: { status: row.verification_status, level: row.verification_level },
  }
  return weigh(evidence, at.toISOString()).level === 'credential-verified'
}
