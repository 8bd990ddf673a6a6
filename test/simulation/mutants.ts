// Planted bugs, one at a time: each is a switch that a wrapper of the simulation reads. The simulation must find every one.

export const mutants = {
  leaseIgnored: 'the store lets a pause through although a lease lives',
  fenceIgnored: 'the store takes writes of a leader of an older term',
  secondWake: 'a wake is carried out by a second path, beside the one that the store orders',
  lostWaiter: 'a gate forgets whoever comes while somebody waits',
  poolReuse: 'a claim leaves the sandbox in the pool',
  rebuildForgets: 'a rebuilt store has none of the sessions that the sandboxes tell of',
  unmarked: 'whose a claimed sandbox is, is not written on it',
  lostUpdate: 'the store takes a write over a version that the writer has not seen',
  takeoverSpares: 'a new leader takes the machine and lets a frozen one live',
  exitForgotten: 'nobody is told that a sandbox crashed',
  unpreparedServes: 'a store that was lost answers before it is rebuilt',
  latePauses: 'a node obeys a pause that was ordered before the newest wake',
  lateThaws: 'a node obeys a wake of an activator that was ordered before the newest pause',
  thawUnmarked: 'a node thaws a sandbox without keeping whose it is',
  supplyUntold: 'whoever sizes pools is never told how they stand',
  boundForgotten: 'an autoscaler publishes one sandbox more than it decided',
} as const;

export type Mutant = keyof typeof mutants;

export const mutantNames = Object.keys(mutants) as Mutant[];
