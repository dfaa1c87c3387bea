/** `fulcrum sovereignty`: facts about providers and their proof, decisions made again, and what Fulcrum itself depends on. */
import type { Command } from 'commander'
import { declareEvidence, declareNotices } from './sovereignty-evidence.ts'
import { declareProfile } from './sovereignty-profile.ts'
import { declareReplay } from './sovereignty-replay.ts'
import { declareSelf } from './sovereignty-self.ts'

export function declare(command: Command): void {
  declareProfile(command)
  declareEvidence(command)
  declareNotices(command)
  declareReplay(command)
  declareSelf(command)
}
