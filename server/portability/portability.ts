/** What a service type says of leaving: the actions that take a service's data out and in, and the formats. Pure. */
import { invalidInput } from '../platform/errors.ts'

export type Portability = {
  serviceTypeId: string
  exportAction: string
  importAction: string
  /** Stops writes before an export that must be consistent. */
  quiesceAction: string | null
  resumeAction: string | null
  exportFormats: string[]
  importFormats: string[]
}

type Lifecycle = { actions: readonly { name: string }[] }

const ACTIONS = ['exportAction', 'importAction', 'quiesceAction', 'resumeAction'] as const
/** As artifacts name their formats. */
const FORMAT = /^[a-z0-9._-]{1,50}$/
const MOST_FORMATS = 20

/** @throws Refusal `invalid` that names what is wrong, and the actions that there are */
export function checkPortability(portability: Portability, lifecycle: Lifecycle): Portability {
  const [lost] = missingActions(portability, lifecycle)
  if (lost) {
    const known = lifecycle.actions.map(({ name }) => name).join(', ')
    throw invalidInput(`${lost.member} '${lost.action}' is no action of the service type's lifecycle; it has ${known}`)
  }
  if ((portability.quiesceAction === null) !== (portability.resumeAction === null))
    throw invalidInput('quiesceAction and resumeAction are given together: who stops a service must start it again')
  for (const member of ['exportFormats', 'importFormats'] as const) {
    const formats = portability[member]
    if (formats.length === 0 || formats.length > MOST_FORMATS)
      throw invalidInput(`${member} must name 1 to ${MOST_FORMATS} formats`)
    if (new Set(formats).size !== formats.length) throw invalidInput(`${member} names a format twice`)
    const wrong = formats.find((format) => !FORMAT.test(format))
    if (wrong !== undefined)
      throw invalidInput(`${member}: '${wrong.slice(0, 60)}' is not 1 to 50 of a-z, 0-9, -, _ and .`)
  }
  return portability
}

/** Declared actions that the lifecycle does not have, or no longer: it may change after the declaration. */
export function missingActions(
  portability: Portability,
  lifecycle: Lifecycle,
): { member: (typeof ACTIONS)[number]; action: string }[] {
  const known = new Set(lifecycle.actions.map(({ name }) => name))
  return ACTIONS.flatMap((member) => {
    const action = portability[member]
    return action === null || known.has(action) ? [] : [{ member, action }]
  })
}
