/**
 * Metered usage as a row of FOCUS 1.2, the FinOps Open Cost and Usage Specification. Amounts are decimal texts, so that adding
 * them up loses nothing; names of columns are the specification's.
 */

export type Usage = {
  metricType: string
  value: number
  unit: string
  /** Decimal text, for one unit. */
  unitPrice: string
  /** ISO 4217. */
  currency: string
  from: string
  to: string
  consumer: { id: string; name: string }
  provider: { name: string }
  service: { id: string; name: string }
  /** `focusCategory`: one of the specification's service categories. */
  serviceType: { name: string; focusCategory: string }
  agent: { region: string }
}

/** What is known of the provider's sovereignty, for the custom columns. */
export type FocusFacts = { controllerCountry: string | null; sealMin: number | null; verifiedScore: number | null }

export type FocusRow = Readonly<Record<string, string | number | null>>

export function focusRow(usage: Usage, facts: FocusFacts): FocusRow {
  const cost = multiply(String(usage.value), usage.unitPrice)
  const month = usage.from.slice(0, 7)
  return {
    BilledCost: cost,
    BillingAccountId: usage.consumer.id,
    BillingAccountName: usage.consumer.name,
    BillingCurrency: usage.currency,
    BillingPeriodStart: `${month}-01T00:00:00Z`,
    BillingPeriodEnd: `${nextMonth(month)}-01T00:00:00Z`,
    ChargeCategory: 'Usage',
    ChargeClass: null,
    ChargeDescription: `${usage.service.name} ${usage.metricType}`,
    ChargeFrequency: 'Usage-Based',
    ChargePeriodStart: usage.from,
    ChargePeriodEnd: usage.to,
    ConsumedQuantity: String(usage.value),
    ConsumedUnit: usage.unit,
    ContractedCost: cost,
    ContractedUnitPrice: usage.unitPrice,
    EffectiveCost: cost,
    InvoiceIssuerName: usage.provider.name,
    ListCost: cost,
    ListUnitPrice: usage.unitPrice,
    PricingCategory: 'Standard',
    PricingQuantity: String(usage.value),
    PricingUnit: usage.unit,
    ProviderName: usage.provider.name,
    PublisherName: usage.provider.name,
    RegionId: usage.agent.region,
    ResourceId: usage.service.id,
    ResourceName: usage.service.name,
    ServiceCategory: usage.serviceType.focusCategory,
    ServiceName: usage.serviceType.name,
    x_ControllerCountry: facts.controllerCountry,
    x_SealMin: facts.sealMin,
    x_SovereigntyScoreVerified: facts.verifiedScore === null ? null : String(facts.verifiedScore),
  }
}

function nextMonth(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7)
}

/** The product of two decimal texts, without trailing zeros. */
function multiply(a: string, b: string): string {
  const [left, right] = [decimal(a), decimal(b)]
  const places = left.places + right.places
  const product = left.digits * right.digits
  const sign = product < 0n ? '-' : ''
  const digits = String(product < 0n ? -product : product).padStart(places + 1, '0')
  const fraction = places === 0 ? '' : digits.slice(-places).replace(/0+$/, '')
  return `${sign}${digits.slice(0, digits.length - places)}${fraction === '' ? '' : `.${fraction}`}`
}

/** @throws Error for what is no plain decimal number */
function decimal(text: string): { digits: bigint; places: number } {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) throw new Error(`${text} is not a decimal number`)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const shift = fraction.length - Number(exponent)
  const digits = BigInt(`${sign}${whole}${fraction}${'0'.repeat(Math.max(0, -shift))}`)
  return { digits, places: Math.max(0, shift) }
}
