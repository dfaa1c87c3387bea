/** For tests: the diagram of `migration.ts` as its single arrows. */

/** `a b c`: from a to b and from b to c. */
const ways = (...texts: string[]) =>
  texts.flatMap((text) => {
    const states = text.split(' ')
    return states.slice(1).map((state, index) => `${states[index]} → ${state}`)
  })
const each = (from: string, to: string) => from.split(' ').map((state) => `${state} → ${to}`)

export const DIAGRAM: ReadonlySet<string> = new Set([
  // forward: live, without precopy, without quiescing, at a word, from the vault, a drill
  ...ways(
    'queued exporting creating importing verifying quiescing final-exporting final-importing final-verifying cutting-over',
    'queued creating quiescing',
    'verifying final-exporting',
    'creating final-exporting',
    'verifying ready quiescing',
    'creating ready final-exporting',
    'verifying cutting-over',
    'ready cutting-over',
    'verifying deleting-target done',
    'cutting-over retaining deleting-source done',
    'retaining done',
  ),
  // what an earlier try has left is used, or deleted first
  ...ways('exporting importing', 'exporting clearing-target creating', 'queued clearing-target'),
  // a live step fails, or the agent is away, and there is a copy: what is there of it already is not done again
  ...each('quiescing final-exporting', 'importing'),
  ...each('quiescing final-exporting ready', 'verifying'),
  // a step before the cut-over fails: one that was quiesced takes writes again first; a drill's scratch service goes
  ...each('exporting clearing-target creating importing verifying quiescing', 'failed'),
  ...each('final-exporting final-importing final-verifying cutting-over', 'failed'),
  ...each('quiescing final-exporting final-importing final-verifying cutting-over clearing-target', 'resuming-source'),
  ...each('resuming-source deleting-target quiescing-target deleting-source', 'failed'),
  // cancelled: the same, then the target goes where there is one
  ...each('clearing-target creating importing verifying ready quiescing', 'deleting-target'),
  ...each('final-exporting final-importing final-verifying cutting-over resuming-source failed', 'deleting-target'),
  ...each('queued exporting clearing-target creating resuming-source deleting-target failed', 'cancelled'),
  ...each('failed deleting-target', 'resuming-source'),
  // rolled back
  ...ways('retaining quiescing-target switching-back resuming-source deleting-target rolled-back'),
  ...ways('retaining switching-back deleting-target', 'switching-back rolled-back', 'resuming-source rolled-back'),
  // a retry, or the end because somebody deleted the source
  ...['exporting', 'clearing-target', 'creating', 'importing', 'quiescing', 'final-exporting', 'deleting-source'].map(
    (state) => `failed → ${state}`,
  ),
  ...ways('failed quiescing-target', 'failed done'),
])
