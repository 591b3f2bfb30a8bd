import type { BudgetLine, Measurement } from '../protocol/run.ts';
import type { Plan } from '../recipe/plan.ts';

/** Holds the result against the recipe's budget. A figure that was not measured counts as missed. */
export function checkBudget(
  budget: Plan['budget'],
  before: Measurement,
  after: Measurement,
): readonly BudgetLine[] {
  const drop = before.accuracy && after.accuracy ? before.accuracy.value - after.accuracy.value : null;
  const lines: readonly [BudgetLine['name'], number | undefined, number | null][] = [
    ['size', budget.size, after.bytes],
    ['latency', budget.latency, after.latencyMs.p50],
    ['memory', budget.memory, after.memoryBytes],
    ['accuracy-drop', budget['accuracy-drop'], drop],
  ];
  return lines.flatMap(([name, limit, actual]) =>
    limit === undefined ? [] : [{ name, limit, actual, met: actual !== null && actual <= limit }],
  );
}
