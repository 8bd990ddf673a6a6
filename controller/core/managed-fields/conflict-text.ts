// What is said to who would change by an apply what others own, in Kubernetes' words.
// Source: k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go.
import { pathsOf } from './field-set.ts';
import type { Owned } from './managers.ts';
import type { Taken } from './ownership.ts';
import { pathText } from './path-element.ts';

export interface Conflict {
  /** For example `conflict with "kubectl-edit" using v1`. */
  readonly message: string;
  /** For example `.spec.size`. */
  readonly field: string;
}

/** Not when: an API server knows it, and does not say. */
function ownerText({ manager, subresource, operation, apiVersion }: Owned): string {
  const name = JSON.stringify(manager);
  const named = subresource === undefined ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  if (operation === 'Apply') return named;
  return `${named} using ${apiVersion}`;
}

const byManager = (one: Taken, other: Taken): number => {
  const [ours, theirs] = [ownerText(one.owner), ownerText(other.owner)];
  return ours < theirs ? -1 : Number(ours > theirs);
};

const fieldsOf = ({ fields }: Taken): string[] => pathsOf(fields).map(pathText);

/** Every field that others own, by owner. */
export const conflictsIn = (taken: readonly Taken[]): Conflict[] =>
  [...taken]
    .sort(byManager)
    .flatMap((one) =>
      fieldsOf(one).map((field) => ({ message: `conflict with ${ownerText(one.owner)}`, field })),
    );

/** All of them as one text. */
export function conflictText(taken: readonly Taken[]): string {
  const conflicts = conflictsIn(taken);
  const [first] = conflicts;
  if (first && conflicts.length === 1)
    return `Apply failed with 1 conflict: ${first.message}: ${first.field}`;
  const lines = [...taken]
    .sort(byManager)
    .flatMap((one) => [
      `conflicts with ${ownerText(one.owner)}:`,
      ...fieldsOf(one).map((field) => `- ${field}`),
    ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}
