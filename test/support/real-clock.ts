// The machine's clock, for tests of adapters that watch real sockets: adapters do not import each other.
export { systemClock as realClock } from '../../adapters/system/clock.ts';
