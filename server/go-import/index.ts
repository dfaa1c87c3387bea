/** The way from the Go control plane to this one: `fulcrum import --from-go`. */
export { importFromGo } from './import.ts'
export { type Finding, ImportRefusal, type ImportReport, type TableReport, type Treatment } from './report.ts'
export { type ImportSettings, type ImportTarget, type ImportWords, readImportSettings } from './settings.ts'
