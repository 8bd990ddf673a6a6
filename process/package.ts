// Where this package lies, as sources or built, and which version it is. Reads package.json once; owns nothing else.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of the programs' files: the package itself, or its dist/. */
export const root = path.dirname(import.meta.dirname);

/** The package's folder: that one, or above the built one. */
export const home = existsSync(path.join(root, 'package.json')) ? root : path.dirname(root);

export const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')) as {
  version: string;
};
