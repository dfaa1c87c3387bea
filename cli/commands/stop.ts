/** `fulcrum stop`: short for `fulcrum action SERVICE stop`. */
import type { Command } from 'commander'
import { declareShortcut } from './action.ts'

export function declare(command: Command): void {
  declareShortcut(command, 'stop')
}
