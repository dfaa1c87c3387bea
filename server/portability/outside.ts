/** Whether a store is outside the control of the provider whose service it keeps a copy of. Pure. */
import { controlFrom, type Profile } from '@fulcrum/sovereignty'

export type StoreControl = {
  providerId: string | null
  controllerCountry: string | null
}

/**
 * The store is not run by the source's provider, and nobody in the country that controls the store controls the provider.
 * Unknown is no: of a store without a controller's country, and of a provider of which it is not known who controls it.
 *
 * @param source  the provider and what is known of the offering
 * @param participants  ids that exist: a store run by somebody who is not there is run by who knows whom
 */
export function isOutside(
  store: StoreControl,
  source: { providerId: string; profile: Profile },
  participants: ReadonlySet<string>,
): boolean {
  const { providerId, controllerCountry } = store
  if (providerId === source.providerId || controllerCountry === null) return false
  if (providerId !== null && !participants.has(providerId)) return false
  return controlFrom(source.profile, (country) => country === controllerCountry).state === 'no'
}
