// Whoever sends the events of a run: one after the other for each subject, single, in batches or a few at once, and again until
// they are answered 202. Does not own what is right (checker.ts). Nobody else sends events of these subjects.
import { setTimeout as sleep } from 'node:timers/promises';
import { diceFrom, upTo, type Dice } from '../../support/crowd.ts';
import type { Door } from '../client.ts';
import type { History } from '../history.ts';
import { ask, type Asked } from '../request.ts';
import { binaryHeaders, brokerUrl } from './deployment.ts';

export interface PosterOptions {
  readonly history: History;
  readonly seed: number;
  readonly events: number;
  readonly subjects: number;
  readonly activators: readonly Door[];
  /** Events that were acknowledged and are not handled yet: whoever sends waits while these are too many. */
  readonly behind: () => number;
  /** Nothing new is sent; what was begun is sent until it is answered. */
  readonly stop: AbortSignal;
  /** What is not answered or sent by now is left. */
  readonly abandon: AbortSignal;
}

const posters = 24;
const patienceMs = 30_000;
const together = { least: 2, most: 5 };
/** A handling takes up to so long (ms). */
const mostWorkMs = 20;
/** One of so many is refused by its handler. */
const oneRefusedOf = 300;
const againMs = { least: 50, most: 500 };
const lookMs = 50;
const longestRetryAfterMs = 1_000;
/** For each subject so many may wait to be handled. */
const behindOfEach = 10;

interface Made {
  readonly id: string;
  readonly subject: string;
  readonly data: { readonly workMs: number; readonly refuse?: true };
}

interface Subject {
  readonly name: string;
  left: number;
  sent: number;
}

/** Sends all events of all subjects. */
export class Poster {
  readonly #options: PosterOptions;
  readonly #subjects: Subject[];
  readonly #most: number;
  /** Counts over all, so that no two posts have one name. */
  #posts = 0;
  acknowledged = 0;

  constructor(options: PosterOptions) {
    const { events, subjects } = options;
    this.#options = options;
    this.#most = subjects * behindOfEach;
    this.#subjects = upTo(subjects).map((n) => ({
      name: `s${n}`,
      left: Math.floor(events / subjects) + (n < events % subjects ? 1 : 0),
      sent: 0,
    }));
  }

  /** Resolves when all that was begun was answered 202, or is left. */
  async run(): Promise<void> {
    const { seed } = this.#options;
    await Promise.all(upTo(posters).map((n) => this.#work(diceFrom(seed * 1_000 + n))));
  }

  async #work(dice: Dice): Promise<void> {
    const { stop, abandon, behind } = this.#options;
    while (!stop.aborted && !abandon.aborted && this.#subjects.length > 0) {
      if (behind() > this.#most) {
        await sleep(lookMs);
        continue;
      }
      // In nobody else's hands meanwhile.
      const [subject] = this.#subjects.splice(dice.roll(0, this.#subjects.length - 1), 1);
      if (!subject) return;
      await this.#next(subject, dice);
      if (subject.left > 0) this.#subjects.push(subject);
    }
  }

  async #next(subject: Subject, dice: Dice): Promise<void> {
    const chance = dice.roll(1, 10);
    const count = Math.min(chance <= 6 ? 1 : dice.roll(together.least, together.most), subject.left);
    const events = upTo(count).map(() => this.#make(subject, dice));
    if (chance <= 8) await this.#post(events, dice);
    else await Promise.all(events.map((event) => this.#post([event], dice)));
  }

  #make(subject: Subject, dice: Dice): Made {
    const id = `${subject.name}-${subject.sent}`;
    subject.sent += 1;
    subject.left -= 1;
    const refuse = dice.roll(1, oneRefusedOf) === 1 ? ({ refuse: true } as const) : {};
    return { id, subject: subject.name, data: { workMs: dice.roll(0, mostWorkMs), ...refuse } };
  }

  /** Again and again, through any door, until it is answered 202. */
  async #post(events: readonly Made[], dice: Dice): Promise<void> {
    const { history, activators, abandon } = this.#options;
    while (!abandon.aborted) {
      const door = dice.pick(activators);
      this.#posts += 1;
      const op = `post${this.#posts}`;
      const named = { label: events[0]?.subject ?? '', events: events.map(({ id }) => id) };
      history.write({ t: 'begin', op, kind: 'post', through: door.name, ...named });
      const { result } = await ask(askedOf(events, door), 'accepted');
      history.write({ t: 'end', op, result });
      if (result.kind === 'answer') return void (this.acknowledged += events.length);
      const after = result.kind === 'refusal' ? Number(result.retryAfter ?? 0) * 1_000 : 0;
      await sleep(Math.min(after, longestRetryAfterMs) + dice.roll(againMs.least, againMs.most));
    }
  }
}

/** A single event in binary mode, several as a batch. */
function askedOf(events: readonly Made[], door: Door): Asked {
  const [first] = events;
  const to = { method: 'POST', url: brokerUrl(door), patienceMs } as const;
  if (first && events.length === 1)
    return { ...to, headers: binaryHeaders(first.id, first.subject), body: JSON.stringify(first.data) };
  const always = { specversion: '1.0', source: '/chaos', type: 'com.example.chaos' };
  const body = JSON.stringify(events.map((event) => ({ ...always, ...event })));
  return { ...to, headers: { 'content-type': 'application/cloudevents-batch+json' }, body };
}
