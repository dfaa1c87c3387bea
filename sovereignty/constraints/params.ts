/** Reads parameters of constraints. What has the wrong type counts as absent, and the rules then say that they cannot know. */

export function list(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
