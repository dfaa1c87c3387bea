/** `fulcrum start`: short for `fulcrum action SERVICE start`. */
import type { Command } from 'commander'
import { declareShortcut } from './action.ts'

export function declare(command: Command): void {
  declareShortcut(command, 'start')
}
