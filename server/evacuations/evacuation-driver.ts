/** Drives evacuations on. */
import type { Platform } from '../platform/context.ts'

export async function driveEvacuations(_platform: Platform, _signal: AbortSignal): Promise<{ steps: number }> {
  return { steps: 0 }
}
