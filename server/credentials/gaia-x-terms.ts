/**
 * Reads what subjects of Gaia-X credentials state, with and without the prefix `gx:`. Names as in the Loire release; they are those of
 * clients in use, not checked against SHACL shapes.
 */
import { isObject } from './envelope.ts'

export type RegistrationNumber = { scheme: string; value: string; country?: string }

const SCHEMES: Readonly<Record<string, string>> = {
  vatID: 'vatID',
  leiCode: 'leiCode',
  EUID: 'EUID',
  EORI: 'EORI',
  taxID: 'taxID',
  local: 'local',
}
const REGISTRATION_TYPE =
  /^gx:(VatID|LeiCode|EUID|EORI|TaxID|LocalRegistrationNumber|(l|L)egalRegistrationNumber|RegistrationNumber)$/

/** A member by its name, with or without the prefix. */
export function term(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined
  return value[`gx:${name}`] ?? value[name]
}

/** A value, or each of several. */
export function each(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

export function textOf(value: unknown): string | undefined {
  // JSON-LD writes values with a type as {"@value": …}
  const text = isObject(value) ? value['@value'] : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** The numbers that stand in an object itself. */
export function registrationNumbersIn(value: unknown): RegistrationNumber[] {
  const country = countryOf(value)
  return Object.entries(SCHEMES).flatMap(([name, scheme]) => {
    const number = textOf(term(value, name)) ?? textOf(term(value, name.toLowerCase()))
    return number === undefined ? [] : [{ scheme, value: number, ...(country !== undefined && { country }) }]
  })
}

export function isRegistrationType(types: readonly string[]): boolean {
  return types.some((type) => REGISTRATION_TYPE.test(type))
}

export function isLegalPerson(types: readonly string[]): boolean {
  return types.includes('gx:LegalPerson') || types.includes('gx:LegalParticipant')
}

/** `gx:ServiceOffering` and its kinds, such as `gx:VirtualMachineServiceOffering`. */
export function isServiceOffering(types: readonly string[]): boolean {
  return types.some((type) => /^gx:\w*ServiceOffering$/.test(type))
}

/** ISO 3166-1 alpha-2 of an address or a number, where it has one. */
export function countryOf(value: unknown): string | undefined {
  const code =
    textOf(term(value, 'countryCode')) ??
    textOf(term(value, 'country')) ??
    textOf(term(value, 'countrySubdivisionCode'))
  const country = code?.slice(0, 2).toUpperCase()
  return country !== undefined && /^[A-Z]{2}$/.test(country) && (code?.length === 2 || code?.[2] === '-')
    ? country
    : undefined
}
