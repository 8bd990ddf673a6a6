// How a setting is called in each place where it can be given: `redisAddr` in the file, --redis-addr, AGENTCUBE_REDIS_ADDR.

const words = (name: string): string[] => name.replace(/[A-Z]/g, (letter) => `_${letter}`).split('_');

/** `activatorPort` -> `activator-port`. */
export const flagOf = (name: string): string => words(name).join('-').toLowerCase();

/** `activatorPort` -> `AGENTCUBE_ACTIVATOR_PORT`. */
export const envOf = (name: string): string => `AGENTCUBE_${words(name).join('_').toUpperCase()}`;
