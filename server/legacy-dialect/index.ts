/** The former dialect of API v1: what the other features use of it. */
export { legacyJobs, legacyServices, ON_ONE_PAGE } from './legacy-answers.ts'
