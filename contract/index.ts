/** The wire: every shape and every operation of API v1. Nothing here depends on the rest of the product. */
import { agentTypes } from './agent-types.ts'
import { agents } from './agents.ts'
import { artifacts } from './artifacts.ts'
import { audit } from './audit.ts'
import { configPoolValues } from './config-pool-values.ts'
import { configPools } from './config-pools.ts'
import { credentials } from './credentials.ts'
import { evacuations } from './evacuations.ts'
import { events } from './events.ts'
import { exitReports } from './exit-reports.ts'
import { exposures } from './exposure.ts'
import { health } from './health.ts'
import { jobs } from './jobs.ts'
import { keycloakUsers } from './keycloak-users.ts'
import { metricEntries } from './metric-entries.ts'
import { metricTypes } from './metric-types.ts'
import { drills, migrations } from './migrations.ts'
import { offeringTerms, quotas } from './offering-terms.ts'
import type { Operation } from './operation.ts'
import { participants } from './participants.ts'
import { placementDecisions, placements } from './placements.ts'
import { artifactStores, portability, vaultCopies, vaultSchedules } from './portability.ts'
import { self } from './self.ts'
import { serviceClassifications } from './service-classifications.ts'
import { serviceGroups } from './service-groups.ts'
import { serviceOptionTypes } from './service-option-types.ts'
import { serviceOptions } from './service-options.ts'
import { servicePoolSets } from './service-pool-sets.ts'
import { servicePoolValues } from './service-pool-values.ts'
import { servicePools } from './service-pools.ts'
import { serviceTypes } from './service-types.ts'
import { services } from './services.ts'
import { sovereigntyEvidences, sovereigntyNotices } from './sovereignty-evidences.ts'
import { compliance, sovereigntyPolicies, sovereigntyWaivers } from './sovereignty-policies.ts'
import { sovereigntyProfiles } from './sovereignty-profiles.ts'
import { switchings } from './switchings.ts'
import { tokens } from './tokens.ts'
import { vault } from './vault.ts'

export * from './agent-types.ts'
export * from './agents.ts'
export * from './artifacts.ts'
export * from './audit.ts'
export * from './config-pool-values.ts'
export * from './config-pools.ts'
export * from './credentials.ts'
export * from './evacuations.ts'
export * from './events.ts'
export * from './exit-reports.ts'
export * from './exposure.ts'
export * from './health.ts'
export * from './jobs.ts'
export * from './keycloak-users.ts'
export * from './metric-entries.ts'
export * from './metric-types.ts'
export * from './migrations.ts'
export * from './offering-terms.ts'
export {
  type Access,
  type Answer,
  type Filter,
  type Input,
  type ListOperation,
  type Operation,
  type OwnerField,
  type Page,
  ROLES,
} from './operation.ts'
export * from './participants.ts'
export * from './placements.ts'
export * from './portability.ts'
export * from './schemas.ts'
export * from './self.ts'
export * from './service-classifications.ts'
export * from './service-groups.ts'
export * from './service-option-types.ts'
export * from './service-options.ts'
export * from './service-pool-sets.ts'
export * from './service-pool-values.ts'
export * from './service-pools.ts'
export * from './service-types.ts'
export * from './services.ts'
export {
  SovereigntyAssurance,
  SovereigntyEvidence,
  SovereigntyEvidenceAttest,
  SovereigntyEvidenceCreate,
  SovereigntyEvidenceKind,
  SovereigntyEvidenceRevoke,
  SovereigntyEvidenceSummary,
  SovereigntyNotice,
  sovereigntyEvidences,
  sovereigntyNotices,
} from './sovereignty-evidences.ts'
export * from './sovereignty-facts.ts'
export * from './sovereignty-policies.ts'
export * from './sovereignty-profiles.ts'
export * from './switchings.ts'
export * from './tokens.ts'
export * from './values.ts'
export * from './vault.ts'
export * from './why.ts'

/** Every operation, in the order of the documentation. */
export const operations: readonly Operation[] = [
  participants,
  tokens,
  agentTypes,
  agents,
  configPools,
  configPoolValues,
  serviceTypes,
  services,
  serviceGroups,
  serviceOptionTypes,
  serviceOptions,
  servicePoolSets,
  servicePools,
  servicePoolValues,
  jobs,
  metricTypes,
  metricEntries,
  events,
  vault,
  artifacts,
  portability,
  artifactStores,
  vaultSchedules,
  vaultCopies,
  offeringTerms,
  quotas,
  placements,
  placementDecisions,
  serviceClassifications,
  exposures,
  migrations,
  drills,
  evacuations,
  switchings,
  exitReports,
  audit,
  keycloakUsers,
  sovereigntyProfiles,
  sovereigntyEvidences,
  sovereigntyNotices,
  sovereigntyPolicies,
  sovereigntyWaivers,
  compliance,
  self,
  credentials,
  health,
].flatMap((group): Operation[] => Object.values(group))
