/** The answer to "why": why something waits, was refused or failed, who can help, and what would make it possible. */
import { type Static, Type } from 'typebox'
import { Timestamp } from './values.ts'

export const Why = Type.Object(
  {
    state: Type.Enum(['done', 'waiting', 'working', 'failed', 'restricted'], {
      description: 'restricted: it runs, but not with everything that was ordered.',
    }),
    summary: Type.String({ description: 'One sentence for a person.' }),
    since: Timestamp,
    waitsFor: Type.Optional(Type.String({ description: 'What has to happen next.' })),
    unblockedBy: Type.Optional(Type.String({ description: 'Who can make it happen.' })),
    considered: Type.Array(
      Type.Object({
        what: Type.String({ description: 'Something that was looked at, for example an agent or a transition.' }),
        verdict: Type.String({ description: 'What came of it.' }),
      }),
    ),
    possibleIf: Type.Array(Type.String(), { description: 'Each of these would make it possible.' }),
  },
  { description: 'Answer to why a service or a job is as it is.' },
)
export type Why = Static<typeof Why>
