/** HTTP for cosigning: checkpoints of other control planes are handed in; nothing is fetched from anywhere. */
import { type AuditPeer, audit, type PeerCheckpointCreate } from '@fulcrum/contract'
import { cosign } from '@fulcrum/sovereignty/audit'
import { appendEvent } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Command } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput, Refusal } from '../platform/errors.ts'
import { NO_KEY, OTHER_KEY } from './checkpoint.ts'
import { openKey, originOf } from './instance.ts'
import { readLog } from './log-store.ts'
import { judgePeer, type PeerVerdict, type Seen } from './peer.ts'
import {
  countPeers,
  insertPeer,
  lockPeer,
  MOST_PEERS,
  nameOfOrigin,
  type PeerRow,
  peerToWire,
  readPeers,
  updatePeer,
} from './peer-store.ts'

const NAME = /^[a-z0-9.-]{1,100}$/
type Refused = Exclude<PeerVerdict, { state: 'accepted' }>

export function auditPeerRoutes(api: Api, { db, config }: Platform): void {
  api.handle(audit.peers, async ({ authorize }) => {
    authorize({})
    return { items: await readPeers(db) }
  })

  api.handle(audit.witness, async ({ params, body, authorize, command }) => {
    authorize({})
    if (!NAME.test(params.name)) throw invalidInput('name must be 1 to 100 of a-z, 0-9, dot and hyphen')
    const { instance, instanceId, key } = await readLog(db)
    if (!config.vaultKey || !key || instance === null) throw new Refusal('not-found', NO_KEY)
    const privateKey = openKey(config.vaultKey, instanceId, key)
    if (!privateKey) throw new Refusal('not-found', OTHER_KEY)
    const origin = originOf(instance)
    const sign = (note: string) => cosign(note, origin, privateKey)
    const outcome = await command((c) => witness(c, params.name, body, { origin, instanceId, sign }))
    if ('name' in outcome) return outcome
    throw outcome.state === 'invalid' ? invalidInput(outcome.problem) : conflict(outcome.problem)
  })
}

type Own = { origin: string; instanceId: string; sign: (note: string) => string }

/** A checkpoint that contradicts what was seen is kept as evidence and told as an event, though it is refused. */
async function witness(
  c: Command,
  name: string,
  presented: PeerCheckpointCreate,
  own: Own,
): Promise<AuditPeer | Refused> {
  const { tx, now } = c
  const known = await lockPeer(tx, name)
  const seen = known ? seenOf(known) : null
  const verdict = judgePeer(presented, seen, own.origin)
  if (verdict.state !== 'accepted') {
    if (known && verdict.state === 'inconsistent') await refuse(c, known, presented, verdict, own)
    return verdict
  }
  const { size, root, origin } = verdict.checkpoint
  if (known?.size === size) return peerToWire(known)
  const change = { size, root: Buffer.from(root), note: own.sign(presented.note), updated_at: now }
  if (known) {
    await updatePeer(tx, name, change)
    return peerToWire({ ...known, ...change })
  }
  const other = await nameOfOrigin(tx, origin)
  if (other !== undefined) return { state: 'stale', problem: `${origin} is known as the peer ${other}` }
  if ((await countPeers(tx)) >= MOST_PEERS) throw conflict(`there may be ${MOST_PEERS} peers at most`)
  const row: PeerRow = {
    name,
    origin,
    public_key: Buffer.from(presented.publicKey ?? '', 'base64'),
    refused_at: null,
    refused_note: null,
    created_at: now,
    ...change,
  }
  await insertPeer(tx, row)
  await appendEvent(c, { type: 'audit.peer_added', entityId: own.instanceId, properties: { peer: name, origin } })
  return peerToWire(row)
}

async function refuse(
  c: Command,
  { name, origin, refused_note }: PeerRow,
  { note }: PeerCheckpointCreate,
  { problem }: Refused,
  { instanceId }: Own,
): Promise<void> {
  if (refused_note === note) return
  await updatePeer(c.tx, name, { refused_at: c.now, refused_note: note, updated_at: c.now })
  await appendEvent(c, {
    type: 'audit.peer_refused',
    entityId: instanceId,
    properties: { peer: name, origin, problem },
  })
}

function seenOf({ origin, public_key, size, root }: PeerRow): Seen {
  return { origin, publicKey: public_key, size, root }
}
