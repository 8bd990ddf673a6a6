// Whether a trigger with a schedule takes the events that its own schedule makes. Decides only, from the trigger alone: another
// trigger of the broker may be there to take them. Does not own what a tick's event looks like (activator/events/core/tick.ts).
import type { Attributes } from '../../model/cesql/attributes.ts';
import type { DeployedTrigger, TriggerSchedule } from '../../model/deployed-trigger.ts';
import { compileFilters } from '../../model/event-filter.ts';

/** Each tick has others, so one of them says nothing about the rest. */
const different = /\b(id|time)\b/;

/** What the events of all ticks have in common. */
const attributesOf = ({ event, data }: TriggerSchedule): Attributes => ({
  ...event,
  specversion: '1.0',
  ...(data !== undefined && { datacontenttype: 'application/json' }),
});

/** Begins with the place in the trigger; undefined without a schedule, and where its ticks are taken or may be. */
export function lostTicks({ schedule, attributes, filters, broker }: DeployedTrigger): string | undefined {
  if (!schedule || different.test(JSON.stringify([attributes, filters]))) return undefined;
  if (compileFilters({ filter: { attributes }, filters })(attributesOf(schedule))) return undefined;
  const where = filters.length > 0 ? 'spec.filters' : 'spec.filter';
  return `${where}: does not take the events of its own schedule; only another trigger of broker ${broker} may`;
}
