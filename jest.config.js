// Owns: which test belongs to which suite. Real ESM and no transformer: jest lets Node strip the types.
// Does not own: what a suite needs from the machine. A test that lacks something fails and says what.
const esm = { testEnvironment: 'node', extensionsToTreatAsEsm: ['.ts'], transform: {} };

const suite = (displayName, testMatch) => ({
  ...esm,
  displayName,
  testMatch,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
});

const sources = 'model,activator,autoscaler,controller,nodeagent,adapters,config,sdk,sandbox,cli,process';

export default {
  projects: [
    suite('unit', [`<rootDir>/{${sources}}/**/*.test.ts`, '<rootDir>/*.test.ts']),
    suite('architecture', ['<rootDir>/test/architecture/**/*.test.ts']),
    suite('contract', ['<rootDir>/test/contract/**/*.test.ts']),
    suite('e2e', ['<rootDir>/test/e2e/**/*.test.ts']),
    suite('chaos', ['<rootDir>/test/chaos/**/*.test.ts']),
    suite('scaling', ['<rootDir>/test/scaling/**/*.test.ts']),
    suite('tour', ['<rootDir>/test/tour/**/*.test.ts']),
    suite('integration', ['<rootDir>/test/integration/**/*.test.ts']),
    suite('simulation', ['<rootDir>/test/simulation/**/*.test.ts']),
    suite('sdk', ['<rootDir>/test/sdk/**/*.test.ts']),
    suite('package', ['<rootDir>/test/package/**/*.test.ts']),
    suite('docs', ['<rootDir>/test/docs/**/*.test.ts']),
    suite('conformance', ['<rootDir>/test/conformance/**/*.test.ts']),
    // Not of `npm test`: `npm run test:cluster` starts the cluster that it needs.
    suite('cluster', ['<rootDir>/test/cluster/**/*.test.ts']),
  ],
};
