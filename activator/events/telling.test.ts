// What is told of a try to whoever watches: what came of it, and why it was not delivered.
import { expect, test } from '@jest/globals';
import { memoryDeliveryWatch } from '../../adapters/memory/delivery-watch.ts';
import type { ToldTry } from '../../model/delivery-watch.ts';
import { answerOf, DispatchLab, triggerOf } from '../../test/support/dispatch-lab.ts';
import type { Tried } from './dispatcher.ts';
import { tellingOf } from './telling.ts';

test('each try is told while somebody watches, and only then', async () => {
  const watch = memoryDeliveryWatch(() => undefined);
  const told: ToldTry[] = [];
  const tell = tellingOf(watch, 'here', { now: () => 7 });
  const onTried = (tried: Tried): void => tell(tried);
  const lab = new DispatchLab({}, { onTried });
  lab.scripts.set('one', ({ id }) =>
    id === 'bad' ? { ...answerOf(503), body: Buffer.from('no') } : answerOf(200),
  );
  await lab.deploy(triggerOf('one'));
  lab.dispatcher.start();
  await lab.append('one', ['before']);
  const cancel = watch.watch((one) => told.push(one));
  await lab.append('one', ['good']);
  await lab.append('one', ['bad']);
  cancel();
  await lab.append('one', ['after']);
  await lab.dispatcher.stop(0);
  expect(told).toMatchObject([
    { at: 7, by: 'here', trigger: 'default/one', id: 'good', result: 'delivered', status: 200 },
    { id: 'bad', result: 'again', status: 503, reason: 'no' },
  ]);
});
