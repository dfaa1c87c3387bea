/** HTTP for credentials that are handed in: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { type CredentialImport, credentials } from '@fulcrum/contract'
import { appendEvent } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { lockSubject, seesEverything } from '../sovereignty-profiles/index.ts'
import {
  countCredentials,
  credentialList,
  deleteCredential,
  findSame,
  getCredentialView,
  insertCredential,
  lockCredential,
  requestRecheck,
} from './credential-store.ts'
import { type Envelope, EnvelopeError, openEnvelope } from './envelope.ts'
import { noteEvidenceGone } from './evidence-store.ts'
import { insertOthers, linksOf, MOST_CREDENTIALS, NO_ANCHORS } from './verification-workflow.ts'

const LONGEST_JWT = 512 * 2 ** 10
const LONGEST_URL = 2_000

export function handInRoutes(api: Api, { db, config }: Platform): void {
  const waiting = { waitingFor: config.credentials.anchors.length === 0 ? NO_ANCHORS : null }
  const list = credentialList(waiting)

  api.handle(credentials.list, ({ query, scope }) => listPage(db, credentials.list, query, scope, list))

  api.handle(credentials.get, async ({ params, authorize }) => {
    const credential = await getCredentialView(db, params.id, waiting)
    authorize({ participantId: credential.participantId })
    return credential
  })

  api.handle(credentials.create, async ({ body, identity, authorize, command }) => {
    const { participantId, agentId, serviceTypeId } = body
    const id = randomUUID()
    await command(async (c) => {
      authorize({ participantId })
      const [first = null, ...others] = handedIn(body)
      await lockSubject(c.tx, {
        participantId,
        ...(agentId !== undefined && { agentId }),
        ...(serviceTypeId !== undefined && { serviceTypeId }),
      })
      const row = {
        id,
        participant_id: participantId,
        agent_id: agentId ?? null,
        service_type_id: serviceTypeId ?? null,
        presentation_id: others.length > 0 ? randomUUID() : null,
        by_admin: seesEverything(identity),
        url: body.url ?? null,
        envelope: first,
      }
      if ((await countCredentials(c.tx, participantId)) + others.length >= MOST_CREDENTIALS)
        throw conflict(`a participant has ${MOST_CREDENTIALS} credentials at most: delete some`)
      const same = first?.sha256 ? await findSame(c.tx, row, first.sha256) : null
      if (same !== null || !(await insertCredential(c, row)))
        throw conflict(`this credential was handed in before, as ${same}`)
      await appendEvent(c, { type: 'credential.created', entityId: id, ...linksOf(row) })
      await insertOthers(c, row, others)
    })
    return getCredentialView(db, id, waiting)
  })

  api.handle(credentials.recheck, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const row = await lockCredential(c.tx, params.id)
      authorize({ participantId: row.participant_id })
      await requestRecheck(c, row)
      await appendEvent(c, { type: 'credential.recheck_requested', entityId: row.id, ...linksOf(row) })
    })
    return getCredentialView(db, params.id, waiting)
  })

  api.handle(credentials.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const row = await lockCredential(c.tx, params.id)
      authorize({ participantId: row.participant_id })
      await deleteCredential(c.tx, row.id)
      await noteEvidenceGone(c)
      await appendEvent(c, {
        type: 'credential.deleted',
        entityId: row.id,
        ...linksOf(row),
        properties: { state: row.state },
      })
    })
  })
}

/** None: it is still to be fetched. */
function handedIn({ jwt, url }: CredentialImport): Envelope[] {
  if ((jwt === undefined) === (url === undefined)) throw invalidInput('give either jwt or url')
  if (url !== undefined) {
    if (url.length > LONGEST_URL || !URL.canParse(url) || new URL(url).protocol !== 'https:')
      throw invalidInput('url must be an https URL')
    return []
  }
  if (jwt === undefined || jwt.trim() === '') throw invalidInput('jwt must not be empty')
  if (jwt.length > LONGEST_JWT) throw invalidInput(`jwt must not be longer than ${LONGEST_JWT} characters`)
  try {
    return openEnvelope(jwt)
  } catch (error) {
    if (error instanceof EnvelopeError) throw invalidInput(error.message)
    throw error
  }
}
