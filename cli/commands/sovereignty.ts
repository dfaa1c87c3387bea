/** `fulcrum sovereignty`: facts about providers and their proof, decisions made again, and what Fulcrum itself depends on. */
import type { Command } from 'commander'
import { declareSelf } from './sovereignty-self.ts'

export function declare(command: Command): void {
  declareSelf(command)
}
