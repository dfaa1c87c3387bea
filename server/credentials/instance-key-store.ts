/** The key with which this instance signs credentials: made at first use, its private part sealed with the vault's key. */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Db } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { keyId, open, seal } from '../vault/index.ts'

export type PublicJwk = { kty: string; crv: string; x: string; y: string }

export const ALGORITHM = 'ES256'
const NAME = 'credentials'

export type InstanceKey = {
  publicJwk: PublicJwk
  /** The fragment of its id in the DID document. */
  thumbprint: string
  /** @throws Refusal `unavailable` when the vault's key is not the one that sealed it */
  privateKey(): KeyObject
}

/** @param vaultKey  null: there is no key, and none is made */
export async function instanceKey(db: Db, vaultKey: Buffer | null, now: Date): Promise<InstanceKey> {
  if (vaultKey === null)
    throw new Refusal('unavailable', 'signing needs a key of the vault: set FULCRUM_VAULT_ENCRYPTION_KEY')
  const row = (await findKey(db)) ?? (await makeKey(db, vaultKey, now))
  const publicJwk = row.public_jwk
  return {
    publicJwk,
    thumbprint: await calculateJwkThumbprint(publicJwk),
    privateKey: () => {
      try {
        const d = String(open(vaultKey, row.ciphertext, NAME))
        return createPrivateKey({ key: { ...publicJwk, d }, format: 'jwk' })
      } catch {
        throw new Refusal('unavailable', 'the signing key was sealed with another key of the vault')
      }
    },
  }
}

function findKey(db: Db) {
  return db.selectFrom('instance_keys').selectAll().where('name', '=', NAME).executeTakeFirst()
}

/** Two servers that make one at the same time end up with the same. */
async function makeKey(db: Db, vaultKey: Buffer, now: Date) {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true })
  const { d, ...rest }: JWK = await exportJWK(pair.privateKey)
  const { kty = '', crv = '', x = '', y = '' } = rest
  await db
    .insertInto('instance_keys')
    .values({
      name: NAME,
      public_jwk: JSON.stringify({ kty, crv, x, y }),
      key_id: keyId(vaultKey),
      ciphertext: seal(vaultKey, d ?? '', NAME),
      created_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await findKey(db)
  if (!row) throw new Error('the signing key is gone')
  return row
}
