/** Certificates for tests: a root, an intermediate below it, and leaves with names. */
import './decorator-metadata.ts'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const RSA = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
const YEAR_MS = 365 * 86_400_000

export type Key = webcrypto.CryptoKey
export type Keys = { publicKey: Key; privateKey: Key }
export type Leaf = { keys: Keys; pem: string; keyPem: string }
export type Authority = {
  /** The root, in PEM. */
  root: string
  /** The intermediate in PEM, which signs the leaves. */
  intermediate: string
  /** A certificate for these names with a key of its own, or with the given one. */
  leaf(names: readonly string[], options?: { keys?: Keys; validUntil?: Date; direct?: true }): Promise<Leaf>
  /** A certificate for a key of which only the public part is known. */
  certify(publicKey: Key, names: readonly string[]): Promise<string>
}

export const newKeys = (kind: 'EC' | 'RSA' = 'EC'): Promise<Keys> =>
  webcrypto.subtle.generateKey(kind === 'EC' ? EC : RSA, true, ['sign', 'verify']) as Promise<Keys> // a pair, of either kind

export async function anAuthority(name = 'Test Anchor'): Promise<Authority> {
  const rootKeys = await newKeys()
  const middleKeys = await newKeys()
  const period = { notBefore: new Date(Date.now() - YEAR_MS), notAfter: new Date(Date.now() + 5 * YEAR_MS) }
  const serial = () => `01${randomBytes(8).toString('hex')}`
  const authority = (pathLength: number) => [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ]
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${name} Root`,
    ...period,
    signingAlgorithm: EC,
    keys: rootKeys,
    extensions: authority(1),
  })
  const middle = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${name} Intermediate`,
    issuer: root.subject,
    ...period,
    signingAlgorithm: EC,
    signingKey: rootKeys.privateKey,
    publicKey: middleKeys.publicKey,
    extensions: authority(0),
  })
  const sign = async (publicKey: Key, names: readonly string[], validUntil = period.notAfter, direct = false) => {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${names[0]}`,
      issuer: direct ? root.subject : middle.subject,
      notBefore: period.notBefore,
      notAfter: validUntil,
      signingAlgorithm: EC,
      signingKey: direct ? rootKeys.privateKey : middleKeys.privateKey,
      publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
      ],
    })
    return `${certificate.toString('pem')}\n`
  }
  return {
    root: `${root.toString('pem')}\n`,
    intermediate: `${middle.toString('pem')}\n`,
    leaf: async (names, { keys, validUntil, direct } = {}) => {
      const own = keys ?? (await newKeys())
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey))
      return {
        keys: own,
        pem: await sign(own.publicKey, names, validUntil, direct),
        keyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`,
      }
    },
    certify: (publicKey, names) => sign(publicKey, names),
  }
}

/** Reads a request for a certificate as an authority would. @throws Error when its signature does not fit */
export async function readRequest(pem: string): Promise<{ subject: string; names: string[]; publicKey: Key }> {
  const request = new x509.Pkcs10CertificateRequest(pem)
  if (!(await request.verify())) throw new Error('the request is not signed by its own key')
  const extension = request.getExtension('2.5.29.17')
  const names = extension instanceof x509.SubjectAlternativeNameExtension ? extension.names.items : []
  return {
    subject: request.subject,
    names: names.map(({ value }) => value),
    publicKey: await request.publicKey.export(),
  }
}
