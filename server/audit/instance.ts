/** How this control plane calls itself in its entries and checkpoints, and the key that it signs with. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { rawPublicKey } from '@fulcrum/sovereignty/audit'
import { open, seal } from '../vault/index.ts'

/**
 * The public address where there is one that others can reach, else the id of the database. It is taken once and kept: another name
 * would be another log.
 *
 * @param publicBaseUrl  without a slash at the end
 */
export function instanceName(publicBaseUrl: string, instanceId: string): string {
  const { hostname, host, pathname } = new URL(publicBaseUrl)
  const isLocal = /^(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/.test(hostname)
  // a name in a signature holds neither spaces nor plus signs
  return isLocal ? `fulcrum-${instanceId}` : `${host}${pathname}`.replace(/\/+$/, '').replaceAll('+', '-')
}

/** C2SP: the first line of a checkpoint, and the name of the key. */
export function originOf(instance: string): string {
  return `${instance}/audit`
}

export type SealedKey = { publicKey: Buffer; sealed: Buffer }

/** A key of our own; the private half is sealed with the vault's key, for this database alone. */
export function makeKey(vaultKey: Buffer, instanceId: string): SealedKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const der = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  return { publicKey: rawPublicKey(privateKey), sealed: seal(vaultKey, der, ownerOf(instanceId)) }
}

/** @returns null when the vault's key is another one than that which sealed it */
export function openKey(vaultKey: Buffer, instanceId: string, { publicKey, sealed }: SealedKey): KeyObject | null {
  try {
    const der = open(vaultKey, sealed, ownerOf(instanceId))
    const key = createPrivateKey({ key: Buffer.from(String(der), 'base64'), format: 'der', type: 'pkcs8' })
    return rawPublicKey(key).equals(publicKey) ? key : null
  } catch {
    return null
  }
}

function ownerOf(instanceId: string): string {
  return `audit:${instanceId}`
}
