// What counts as the size of an event, and whose a trigger is.
import { describe, expect, test } from '@jest/globals';
import { namespaceIn, sizeOf } from './event-size.ts';

describe('the size of an event', () => {
  test('is that of its body, in bytes, and of its headers', () => {
    const body = new TextEncoder().encode('ü');
    expect(sizeOf({ mode: 'binary', headers: [], body })).toBe(2);
    expect(sizeOf({ mode: 'structured', headers: [['ce-id', '123']], body })).toBe(10);
  });
});

describe('the namespace of a trigger', () => {
  test('is what stands before the slash; without one there is none', () => {
    expect(namespaceIn('team-a/triage')).toBe('team-a');
    expect(namespaceIn('triage')).toBe('');
  });
});
