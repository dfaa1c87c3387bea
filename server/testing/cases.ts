/** The cases of the walk for every operation of the contract, by operation. */
import { auditCases } from './cases-of-audit.ts'
import { credentialCases } from './cases-of-credentials.ts'
import { exitCases } from './cases-of-exit.ts'
import { exposureCases } from './cases-of-exposure.ts'
import { installationCases } from './cases-of-installations.ts'
import { migrationCases } from './cases-of-migrations.ts'
import { offerCases } from './cases-of-offers.ts'
import { orderCases } from './cases-of-orders.ts'
import { placementCases } from './cases-of-placement.ts'
import { poolCases } from './cases-of-pools.ts'
import { portabilityCases } from './cases-of-portability.ts'
import { selfCases } from './cases-of-self.ts'
import { sovereigntyCases } from './cases-of-sovereignty.ts'
import { userCases } from './cases-of-users.ts'
import type { Cases } from './walk.ts'

export const CASES: Cases = {
  ...offerCases,
  ...poolCases,
  ...orderCases,
  ...installationCases,
  ...credentialCases,
  ...exitCases,
  ...migrationCases,
  ...exposureCases,
  ...selfCases,
  ...portabilityCases,
  ...placementCases,
  ...sovereigntyCases,
  ...userCases,
  ...auditCases,
}
