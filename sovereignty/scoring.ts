/**
 * The score of the EU Cloud Sovereignty Framework: graded factors in eight weighted objectives. The level of an objective is its
 * lowest grade, the overall level the lowest objective; the score only ranks what has passed the gate.
 */
import { round } from './concentration.ts'
import { atLeast } from './evidence.ts'
import type { Assurance, Objective } from './profile.ts'

export type Factor = {
  id: string
  objective: Objective
  /** 0 to 4; null where it does not apply. */
  grade: number | null
  assurance: Assurance
}

export type ObjectiveScore = { points: number; maxPoints: number; ratio: number; seal: number }

export type Score = {
  objectives: Readonly<Record<string, ObjectiveScore>>
  /** 0 to 100. */
  score: number
  /** 0 to 4. */
  seal: number
}

const MAX_GRADE = 4

/** @param minAssurance  factors that are proved less well count 0 */
export function score(
  factors: readonly Factor[],
  weights: Readonly<Record<string, number>>,
  minAssurance: Assurance,
): Score {
  const objectives: Record<string, ObjectiveScore> = {}
  let total = 0
  for (const [objective, weight] of Object.entries(weights)) {
    const grades = factors
      .filter((factor) => factor.objective === objective && factor.grade !== null)
      .map(({ grade, assurance }) => (atLeast(assurance, minAssurance) ? (grade ?? 0) : 0))
    const points = grades.reduce((sum, grade) => sum + grade, 0)
    const maxPoints = grades.length * MAX_GRADE
    const ratio = maxPoints === 0 ? 0 : points / maxPoints
    // an objective without any factor was not assessed: nothing is known of it
    objectives[objective] = { points, maxPoints, ratio: round(ratio, 4), seal: grades.length ? Math.min(...grades) : 0 }
    total += ratio * weight
  }
  return {
    objectives,
    score: round(total, 2),
    seal: Math.min(MAX_GRADE, ...Object.values(objectives).map(({ seal }) => seal)),
  }
}
