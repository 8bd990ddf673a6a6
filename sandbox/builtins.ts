// Owns: how sandbox/ reaches Node's builtins. Does not own: anything they do.
// `import ... from 'node:http'` builds an ES facade that touches every lazy getter of the module and so loads undici:
// 5.5 MB of private memory in an idle daemon (measured, Node 24). getBuiltinModule hands out the module as it is.
// Sources in sandbox/ stay ASCII: one character beyond Latin-1 makes V8 keep the whole file in two bytes per character.

export const fs = process.getBuiltinModule('node:fs');
export const path = process.getBuiltinModule('node:path');
export const net = () => process.getBuiltinModule('node:net');
export const http = () => process.getBuiltinModule('node:http');
export const os = () => process.getBuiltinModule('node:os');
/** Costs 1.1 MB when first called: only the first token pays. */
export const crypto = () => process.getBuiltinModule('node:crypto');
/** Costs 0.6 MB when first called: only the first compressed answer pays. */
export const zlib = () => process.getBuiltinModule('node:zlib');
export const stream = () => process.getBuiltinModule('node:stream');
export const stringDecoder = () => process.getBuiltinModule('node:string_decoder');
export const inspector = () => process.getBuiltinModule('node:inspector');
export const childProcess = () => process.getBuiltinModule('node:child_process');

/** process.kill: a negative pid means a whole process group. */
export const kill = (pid: number, signal: NodeJS.Signals): boolean => process.kill(pid, signal);
