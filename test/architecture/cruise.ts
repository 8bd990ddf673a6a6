// Owns: running dependency-cruiser with our own rules over some folder, as `npm run depcruise` does.
// Does not own: what the rules are. The tool runs as a process, so that a test sees what a developer sees.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

export interface Cruise {
  /** Paths relative to the folder, without anything in node_modules or built into Node. */
  readonly modules: readonly string[];
  readonly violations: readonly { readonly rule: string; readonly from: string }[];
}

interface Report {
  modules: { source: string; coreModule?: boolean; couldNotResolve?: boolean }[];
  summary: { violations: { from: string; rule: { name: string } }[] };
}

/** Cruises `folder` with the repository's rules. Throws when the tool itself fails; violations are no failure. */
export function cruise(folder: string): Cruise {
  const tool = join(repository, 'node_modules/.bin/depcruise');
  const rules = join(repository, '.dependency-cruiser.cjs');
  const output = execFileSync(process.execPath, [tool, '--config', rules, '--output-type', 'json', '.'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const report = JSON.parse(output) as Report;
  const ours = report.modules.filter((m) => !m.coreModule && !m.couldNotResolve);
  return {
    modules: ours.map((m) => m.source).filter((source) => !source.includes('node_modules/')),
    violations: report.summary.violations.map(({ from, rule }) => ({ from, rule: rule.name })),
  };
}
