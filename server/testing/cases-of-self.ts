/** Cases of the walk: the server itself. */
import type { Cases } from './walk.ts'

export const selfCases: Cases = { 'self.get': { as: 'admin', call: () => ({}) } }
