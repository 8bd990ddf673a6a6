// The driver's contract, against each way in which the local driver can shut sandboxes in. All of them must start here.
import { describe, jest } from '@jest/globals';
import { adoptionContract } from './suites/driver-adoption.ts';
import { isolationContract } from './suites/driver-isolation.ts';
import { lifecycleContract } from './suites/driver-lifecycle.ts';

jest.setTimeout(120_000);

describe.each(['bubblewrap', 'unshare', 'plain'] as const)('%s', (tier) => {
  lifecycleContract(tier);
  adoptionContract(tier);
});

describe.each(['bubblewrap', 'unshare'] as const)('%s', (tier) => isolationContract(tier));
