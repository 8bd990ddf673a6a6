// What becomes of replies that are events, and of events that nobody took.
import { afterEach, describe, expect, test } from '@jest/globals';
import { answerOf, DispatchLab, eventOf, triggerOf } from '../../test/support/dispatch-lab.ts';

let labs: DispatchLab[] = [];
afterEach(async () => {
  const stopping = labs.map((lab) => lab.dispatcher.stop(0));
  labs = [];
  await Promise.all(stopping);
});

type Given = ConstructorParameters<typeof DispatchLab>;

function started(...given: Given): DispatchLab {
  const lab = new DispatchLab(...given);
  labs.push(lab);
  lab.dispatcher.start();
  return lab;
}

describe('a reply that is an event', () => {
  const only = (type: string) => ({ attributes: { type } });

  test('goes to the triggers of the same broker, one hop further', async () => {
    const lab = started();
    lab.scripts.set('a', () => answerOf(200, eventOf('reply', 'answer')));
    await lab.deploy(triggerOf('a', {}, only('test')), triggerOf('b', {}, only('answer')));
    await lab.append('a', ['1']);
    expect(lab.attempts.map(({ trigger, id }) => `${trigger} ${id}`)).toEqual(['a 1', 'b reply']);
    await lab.attempts[1]?.answer(200);
    expect(lab.tried[1]?.taken.hops).toBe(1);
  });

  test('may come with any status of success, and other answers are none', async () => {
    const lab = started();
    lab.scripts.set('a', () => ({ ...answerOf(202), body: Buffer.from('fine') }) as never);
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    expect([await lab.waiting(), await lab.dead()]).toEqual([0, []]);
  });

  test('ends in a dead letter with a reason when replies go in circles', async () => {
    const lab = started({ mostHops: 3 });
    lab.scripts.set('a', () => answerOf(200, eventOf('again')));
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    expect(lab.ids).toEqual(['1', 'again', 'again', 'again']);
    expect(await lab.dead()).toEqual([
      'again: 508 the reply would be one of more than 3 that follow one another',
    ]);
  });

  test('that is no valid event fails the try, as in Knative', async () => {
    const lab = started();
    const bad = { ...eventOf('x'), headers: [['ce-id', 'x']] as const };
    lab.scripts.set('a', () => answerOf(200, bad));
    await lab.deploy(triggerOf('a', { retry: 0 }));
    await lab.append('a', ['1']);
    expect((await lab.dead())[0]).toMatch(/^1: 502 the reply is no valid event: .* is required/);
  });

  test('for which the queue is full waits, and its handler is not run again for that', async () => {
    let full = true;
    const accepted: string[] = [];
    const ingress = {
      accept: async () => {
        if (full) return { kind: 'full' as const };
        accepted.push('reply');
        return { kind: 'stored' as const, deliveries: 1 };
      },
    };
    const lab = started({}, { ingress });
    lab.scripts.set('a', () => answerOf(200, eventOf('reply')));
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    await lab.clock.advance(3_000);
    full = false;
    await lab.clock.advance(1_000);
    expect([accepted, lab.attempts.length, await lab.waiting()]).toEqual([['reply'], 1, 0]);
  });
});

describe('the dead letter sink', () => {
  const dead = (deadLetterSink: NonNullable<ReturnType<typeof triggerOf>['delivery']['deadLetterSink']>) =>
    triggerOf('a', { deadLetterSink }, { attributes: { type: 'test' } });

  test('that is a URL gets the event with the reason, and the queue forgets it', async () => {
    const lab = started();
    lab.scripts.set('a', () => answerOf(400));
    await lab.deploy(dead({ kind: 'uri', uri: 'http://sink/' }));
    await lab.append('a', ['1']);
    expect(lab.posted[0]?.uri).toBe('http://sink/');
    expect(Object.fromEntries(lab.posted[0]?.event.headers ?? [])).toMatchObject({
      'ce-id': '1',
      'ce-knativeerrordest': '/target',
      'ce-knativeerrorcode': '400',
    });
    expect([await lab.dead(), await lab.waiting()]).toEqual([[], 0]);
  });

  test('that takes nothing leaves it to the queue of dead letters', async () => {
    const lab = started();
    lab.postStatus = 500;
    lab.scripts.set('a', () => answerOf(400));
    await lab.deploy(dead({ kind: 'uri', uri: 'http://sink/' }));
    await lab.append('a', ['1']);
    expect(await lab.dead()).toEqual(['1: 400 the dead letter sink answered 500; before:']);
  });

  test('that is a broker hands it to its triggers', async () => {
    const lab = started();
    lab.scripts.set('a', () => answerOf(400));
    const listener = triggerOf('burial', {}, { broker: 'graveyard' });
    await lab.deploy(dead({ kind: 'broker', broker: 'graveyard' }), listener);
    await lab.append('a', ['1']);
    expect(lab.attempts.map(({ trigger, id }) => `${trigger} ${id}`)).toEqual(['a 1', 'burial 1']);
  });

  test('that is a broker to which nobody listens loses nothing', async () => {
    const lab = started();
    lab.scripts.set('a', () => answerOf(400));
    await lab.deploy(dead({ kind: 'broker', broker: 'graveyard' }));
    await lab.append('a', ['1']);
    expect(await lab.dead()).toEqual(['1: 400 no trigger of broker graveyard takes it; before:']);
  });

  test('that is a runtime gets it as any event', async () => {
    const lab = started();
    lab.scripts.set('a', () => answerOf(400));
    lab.scripts.set('undertaker', () => answerOf(200));
    const runtime = { kind: 'AgentRuntime', namespace: 'default', name: 'undertaker' } as const;
    await lab.deploy(dead({ kind: 'runtime', runtime, path: '/dead' }));
    await lab.append('a', ['1']);
    expect(lab.attempts.map(({ trigger }) => trigger)).toEqual(['a', 'undertaker']);
    expect([await lab.dead(), await lab.waiting()]).toEqual([[], 0]);
  });
});
