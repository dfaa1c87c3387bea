/** HTTP for descriptions as credentials, and for the DID of this instance that signs them. */
import { credentials, type GaiaXDescription } from '@fulcrum/contract'
import { CompactSign } from 'jose'
import { API_PREFIX, type Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { offeringProfiles, participantProfiles } from '../sovereignty-profiles/index.ts'
import { certificateRequest } from './certificate-request.ts'
import { type Described, legalPerson, platformOffering, type Signing, serviceOffering } from './description.ts'
import { findDescribed, isDescribed, offeringsOf } from './description-store.ts'
import { didWebOf } from './did-web.ts'
import { ALGORITHM, instanceKey } from './instance-key-store.ts'

const CHAIN_PATH = '/.well-known/x509CertificateChain.pem'
const VALID_MS = 90 * 86_400_000

export function descriptionRoutes(api: Api, platform: Platform): void {
  const { config, db, now } = platform
  const did = didWebOf(config.publicBaseUrl)
  const key = () => instanceKey(db, config.vaultKey, now())
  // without a key of the vault there is nobody who could sign
  const issuer = config.vaultKey === null ? null : did

  const signing = (): Signing => ({
    issuer,
    baseUrl: config.publicBaseUrl + API_PREFIX,
    validFrom: now().toISOString(),
    validUntil: new Date(now().getTime() + VALID_MS).toISOString(),
  })

  const describeParticipant = async (id: string, common: Signing): Promise<Described[]> => {
    const participant = await findDescribed(db, id)
    const offerings = await offeringsOf(db, id)
    const profiles = await offeringProfiles(db, offerings, now())
    const own = (await participantProfiles(db, [id], now())).get(id) ?? { id }
    return [
      legalPerson(participant, own, common),
      ...offerings.map((offering) => {
        const found = profiles.find(
          ({ agentId, serviceTypeId }) => agentId === offering.agentId && serviceTypeId === offering.serviceTypeId,
        )
        return serviceOffering(id, { ...offering, profile: found?.profile ?? { id } }, common)
      }),
    ]
  }

  const signed = async (described: readonly Described[]): Promise<GaiaXDescription> => {
    if (issuer === null) return { credentials: [...described] }
    const { thumbprint, privateKey } = await key()
    const secret = privateKey()
    const header = { alg: ALGORITHM, typ: 'vc+jwt', cty: 'vc', iss: issuer, kid: `${issuer}#${thumbprint}` }
    return {
      did: issuer,
      credentials: await Promise.all(
        described.map(async ({ type, document }) => ({
          type,
          document,
          jwt: await new CompactSign(new TextEncoder().encode(JSON.stringify(document)))
            .setProtectedHeader(header)
            .sign(secret),
        })),
      ),
    }
  }

  api.handle(credentials.describeParticipant, async ({ params, authorize }) => {
    await findDescribed(db, params.id)
    authorize({ participantId: params.id })
    return signed(await describeParticipant(params.id, signing()))
  })

  api.handle(credentials.describePlatform, async () => {
    const common = signing()
    const { operator } = config.credentials
    const found = operator !== null && (await isDescribed(db, operator)) ? operator : null
    const person = found === null ? [] : (await describeParticipant(found, common)).slice(0, 1)
    return signed([...person, platformOffering(found, common)])
  })

  api.handle(credentials.signingRequest, async ({ authorize }) => {
    authorize({})
    const { publicJwk, privateKey } = await key()
    const publicKeyJwk = { ...publicJwk }
    if (did === null) return { publicKeyJwk }
    const { hostname } = new URL(config.publicBaseUrl)
    return { did, publicKeyJwk, pem: certificateRequest(publicJwk, privateKey(), hostname) }
  })

  if (issuer === null) return
  api.http.get('/.well-known/did.json', { exposeHeadRoute: false }, async (_request, reply) => {
    const { publicJwk, thumbprint } = await key()
    const id = `${issuer}#${thumbprint}`
    const chain = config.credentials.certificateChain !== null && { x5u: config.publicBaseUrl + CHAIN_PATH }
    reply.type('application/did+json').header('cache-control', 'public, max-age=300')
    return JSON.stringify({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
      id: issuer,
      verificationMethod: [
        { id, type: 'JsonWebKey2020', controller: issuer, publicKeyJwk: { ...publicJwk, alg: ALGORITHM, ...chain } },
      ],
      assertionMethod: [id],
    })
  })
  const { certificateChain } = config.credentials
  if (certificateChain !== null)
    api.http.get(CHAIN_PATH, { exposeHeadRoute: false }, async (_request, reply) =>
      reply
        .type('application/pem-certificate-chain')
        .header('cache-control', 'public, max-age=300')
        .send(certificateChain),
    )
}
