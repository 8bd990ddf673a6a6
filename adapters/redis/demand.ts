// What programs saw of new sessions, on its way to every autoscaler: one message for each report.
// Nothing is kept: an autoscaler that was not listening learns from what comes next.
import type { Cancel } from '../../model/clock.ts';
import type { DemandFeed, DemandReport, DemandReports } from '../../model/demand.ts';
import type { RedisBus } from './bus.ts';
import type { RedisLink } from './link.ts';
import { demandText, readDemand } from './report-texts.ts';
import { reportSender } from './reports.ts';
import { understanding, type OnFault } from './understanding.ts';

export interface ScalingWire {
  readonly link: RedisLink;
  readonly bus: Pick<RedisBus, 'onMessage'>;
  /** Told once when what arrives is not understood, until something is again. */
  readonly onFault?: OnFault;
}

/** Both ends; only who listens subscribes. */
export function redisDemand({ link, bus, onFault }: ScalingWire): DemandReports & DemandFeed {
  const send = reportSender(link, 'demand');
  return {
    report: (report) => send([demandText(report)]),
    onDemand(listener: (report: DemandReport) => void): Cancel {
      const read = understanding('demand', readDemand, onFault);
      return bus.onMessage('demand', (text) => {
        const report = read(text);
        if (report) listener(report);
      });
    },
  };
}
