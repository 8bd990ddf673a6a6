import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Cancel } from '../model/clock.ts';
import { PlatformError } from '../model/errors.ts';
import type { Runtime } from '../model/runtime.ts';
import { agentYaml, writeFolder } from '../test/support/folder.ts';
import { manualClock } from '../test/support/manual-clock.ts';
import { until } from '../test/support/until.ts';
import type { FolderReport } from './folder.ts';
import { ledFolder } from './led-folder.ts';
import type { KeepFolderDeps } from './keep-folder.ts';

/** A folder with one agent and a registry that answers as the test says. */
class Lab {
  readonly clock = manualClock();
  readonly folder = writeFolder({ 'a.yaml': agentYaml({ name: 'a' }) });
  readonly reports: (FolderReport | undefined)[] = [];
  fault: Error | undefined;
  tableFault: Error | undefined;
  applied = 0;
  readonly #registry: KeepFolderDeps['registry'] = {
    reloadImages: async () => [],
    apply: async (runtime: Runtime) => {
      this.applied += 1;
      if (this.fault) throw this.fault;
      return { runtime, what: 'created', warnings: [] };
    },
  };
  readonly #triggers: KeepFolderDeps['triggers'] = {
    apply: async (trigger) => ({ trigger, what: 'created', warnings: [] }),
  };
  end: Cancel = () => undefined;

  begin(): void {
    const reloadTables = async (): Promise<void> => {
      if (this.tableFault) throw this.tableFault;
    };
    const tell = (report: FolderReport | undefined): void => void this.reports.push(report);
    this.end = ledFolder(
      { folder: this.folder, clock: this.clock, reloadTables, tell },
      { registry: this.#registry, triggers: this.#triggers },
    );
  }

  told(times: number): Promise<void> {
    return until(() => this.reports.length >= times);
  }
}

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.end());

test('a new leader deploys what is there', async () => {
  lab.begin();
  await lab.told(1);
  expect(lab.reports[0]?.applied).toMatchObject([{ name: 'a', what: 'created' }]);
  await lab.clock.advance(60_000);
  expect(lab.applied).toBe(1);
});

test('what the store was in the way of is tried again until it is done', async () => {
  lab.fault = new PlatformError('STORE_UNAVAILABLE', 'away');
  lab.begin();
  await lab.told(1);
  await lab.clock.advance(2_000);
  await lab.told(2);
  lab.fault = undefined;
  await lab.clock.advance(2_000);
  await lab.told(3);
  expect(lab.reports[2]?.problems).toEqual([]);
  await lab.clock.advance(60_000);
  expect(lab.applied).toBe(3);
});

test('what is wrong with a file waits for the file', async () => {
  lab.fault = new PlatformError('UNKNOWN_IMAGE', 'no such image');
  lab.begin();
  await lab.told(1);
  await lab.clock.advance(60_000);
  expect(lab.applied).toBe(1);
});

test('an image table that cannot be read is told', async () => {
  lab.tableFault = new Error('images.yaml: not YAML');
  lab.begin();
  await lab.told(1);
  expect(lab.reports).toEqual([undefined]);
});

test('once the lead has ended nothing is tried or told any more', async () => {
  lab.fault = new PlatformError('STORE_UNAVAILABLE', 'away');
  lab.begin();
  await lab.told(1);
  lab.end();
  await lab.clock.advance(60_000);
  expect([lab.applied, lab.reports.length]).toEqual([1, 1]);
});
