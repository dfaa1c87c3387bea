/**
 * What a drill that went well lets this instance say of the two offerings: an export was moved elsewhere and found equal, and how
 * fast that was. It becomes evidence of kind `measurement`, and a fact that lies over what the provider declares.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '@fulcrum/sovereignty/audit'
import type { Command } from '../platform/command.ts'
import { timestamp } from '../platform/wire.ts'
import { recordEvidence } from '../sovereignty-profiles/index.ts'
import { rateOf } from './drill.ts'
import { saveFacts } from './measurement-store.ts'
import type { Migration } from './migration.ts'

/** Policies say how old a drill may be; nothing of it holds for longer than this. */
const VALID_MS = 365 * 24 * 3_600_000

/** @returns the ids of the evidence; none when the contents could not be compared */
export async function testify(c: Command, drill: Migration): Promise<string[]> {
  const { exported, imported, verification, serviceTypeId } = drill
  if (verification !== 'verified' || !exported) return []
  const [exportMibPerS, importMibPerS] = [rateOf(drill, 'export'), rateOf(drill, 'import')]
  const source = { participantId: drill.sourceProviderId, agentId: drill.sourceAgentId, serviceTypeId }
  const target = { participantId: drill.targetProviderId, agentId: drill.targetAgentId, serviceTypeId }
  // a copy of the vault was exported at another time: it says nothing of how the source exports now
  const live = drill.from === 'live'
  await saveFacts(
    c.tx,
    source,
    {
      exportTestedAt: live ? c.now : new Date(exported.takenAt),
      exportMibPerS: positive(exportMibPerS),
      importMibPerS: null,
    },
    c.now,
  )
  await saveFacts(
    c.tx,
    target,
    { exportTestedAt: null, exportMibPerS: null, importMibPerS: positive(importMibPerS) },
    c.now,
  )
  const measured = {
    drillId: drill.id,
    from: drill.from,
    sizeBytes: exported.sizeBytes,
    artifactSha256: exported.sha256,
    exported: exported.content,
    imported: imported?.content ?? null,
    exportMibPerS,
    importMibPerS,
    takenAt: exported.takenAt,
  }
  const evidence = (subject: typeof source, assertsPaths: string[], detail: string) =>
    recordEvidence(c, {
      ...subject,
      kind: 'measurement',
      assertsPaths,
      issuer: { name: 'Fulcrum' },
      issuedAt: timestamp(c.now),
      validFrom: timestamp(c.now),
      validUntil: timestamp(new Date(c.now.getTime() + VALID_MS)),
      mediaType: 'application/json',
      uri: `/api/v1/drills/${drill.id}`,
      sha256: createHash('sha256').update(canonicalJson(measured)).digest('hex'),
      verification: {
        status: 'verified',
        level: 'credential-verified',
        checkedAt: timestamp(c.now),
        method: 'drill',
        checks: [{ code: 'CONTENT_EQUAL', ok: true, detail }],
      },
    })
  const exportPaths = ['/portability/exportTestedAt', ...(live ? ['/portability/throughput'] : [])]
  return [
    await evidence(source, exportPaths, 'what was exported was imported elsewhere, and the contents are the same'),
    await evidence(target, ['/portability/throughput'], 'what was imported is what was exported elsewhere'),
  ]
}

function positive(rate: number | null): number | null {
  return rate !== null && rate > 0 ? rate : null
}
