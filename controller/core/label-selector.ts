// Label selectors as far as they ask for equality: `app=web,tier==front`. Does not own what is selected.
import { PlatformError } from '../../model/errors.ts';

const requirement = /^([A-Za-z0-9][A-Za-z0-9._/-]*)\s*==?\s*([A-Za-z0-9._-]*)$/;

/** The labels that must be there with these values. Throws INVALID_REQUEST for anything but equality. */
export function parseLabelSelector(text: string): Record<string, string> {
  const parts = text.split(',').map((part) => part.trim());
  return Object.fromEntries(
    parts.filter(Boolean).map((part) => {
      const [, name, value] = requirement.exec(part) ?? [];
      if (name === undefined || value === undefined) {
        throw new PlatformError(
          'INVALID_REQUEST',
          `unable to parse requirement ${JSON.stringify(part)}: expected key=value`,
        );
      }
      return [name, value];
    }),
  );
}

/** Whether all labels asked for are there with their values. */
export const matchesLabels = (
  labels: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean =>
  Object.entries(wanted).every(
    ([name, value]) => labels !== undefined && Object.hasOwn(labels, name) && labels[name] === value,
  );
