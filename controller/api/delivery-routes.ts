// The stream of deliveries: each try of each delivery of a namespace, one line of JSON each, for as long as somebody looks.
// Whoever may look at sandboxes may look at deliveries. Does not own tries, nor how they are told of.
// A reader that is too slow misses lines and is told how many; nothing waits for it.
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { DeliveryFeed, ToldTry } from '../../model/delivery-watch.ts';
import { PlatformError } from '../../model/errors.ts';
import { sandboxes, sandboxClaims, type Access } from './authentication.ts';
import { param, readQuery, type Route } from './route.ts';
import type { DeliveryView } from './schemas.ts';

export interface DeliveryRoutesDeps {
  /** Absent where nobody takes events. */
  readonly deliveries?: DeliveryFeed;
  /** Where callers have to say who they are. */
  readonly access?: Access;
}

const any = [sandboxes, sandboxClaims];
const lines = 'application/x-ndjson';
/** What may wait for a reader (bytes). */
const mostWaiting = 2 ** 20;

const watchQuery = z.strictObject({
  watch: z.string().optional().describe('1; required, for deliveries are not kept'),
  trigger: z
    .string()
    .min(1)
    .optional()
    .describe('the name of a trigger of that namespace; of all when absent'),
});

function viewOf({ at, trigger, source, id, type, ...rest }: ToldTry): DeliveryView {
  const name = trigger.slice(trigger.indexOf('/') + 1);
  return { at: new Date(at).toISOString(), trigger: name, event: { id, source, type }, ...rest };
}

/** Writes lines, or counts those for which there is no room. */
function writerTo(response: Response): (told: ToldTry) => void {
  let missed = 0;
  return (told) => {
    if (response.writableLength > mostWaiting) return void (missed += 1);
    if (missed > 0) response.write(`${JSON.stringify({ missed })}\n`);
    missed = 0;
    response.write(`${JSON.stringify(viewOf(told))}\n`);
  };
}

async function watch(
  { deliveries, access }: DeliveryRoutesDeps & { readonly deliveries: DeliveryFeed },
  request: Request,
  response: Response,
): Promise<void> {
  const { watch: how, trigger } = readQuery(watchQuery, request.query);
  if (how !== '1' && how !== 'true')
    throw new PlatformError('INVALID_REQUEST', 'query: watch: deliveries are not kept; ask with watch=1');
  const namespace = param(request, 'namespace');
  await access?.authorize(request, { verb: 'list', namespace, any });
  response.writeHead(200, { 'Content-Type': lines, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  const write = writerTo(response);
  const wanted = trigger === undefined ? `${namespace}/` : `${namespace}/${trigger}`;
  const cancel = deliveries.watch((told) => {
    if (trigger === undefined ? told.trigger.startsWith(wanted) : told.trigger === wanted) write(told);
  });
  response.once('close', cancel);
}

/** None where nobody takes events. */
export function deliveryRoutes({ deliveries, ...deps }: DeliveryRoutesDeps): Route[] {
  if (!deliveries) return [];
  return [
    {
      method: 'get',
      path: '/v1/namespaces/{namespace}/deliveries',
      doc: {
        summary: 'Watch deliveries: one line of JSON for each try, until the caller goes',
        tag: 'Events',
        query: watchQuery,
        answers: {
          200: { description: 'Lines, each a Delivery.', schema: 'Delivery', type: lines },
          400: { description: 'Not asked with watch=1.', schema: 'TypedError' },
        },
      },
      handle: (request, response) => watch({ ...deps, deliveries }, request, response),
    },
  ];
}
