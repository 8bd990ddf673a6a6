// Owns: GET /api/files?path=: one directory, not its children's children, in name order. Does not own: the jail.
import { fs, path } from './builtins.ts';
import { factsOf } from './file-info.ts';
import { errorCode, goPathError } from './go-errors.ts';
import { resolveInJail } from './jail.ts';
import type { Reply } from './reply.ts';
import { failure, json } from './reply.ts';

/** Undefined for what vanished between the listing and the look. */
function entry(directory: string, name: string): object | undefined {
  try {
    const stats = fs.lstatSync(path.join(directory, name), { bigint: true });
    const { size, mode, modified } = factsOf(stats);
    return { name, size, modified, mode, is_dir: stats.isDirectory() };
  } catch {
    return undefined;
  }
}

/** Go sorts by bytes; JavaScript by UTF-16 units, which differs beyond the basic plane. */
const byBytes = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

/** @param requested the query parameter `path`, decoded; '' when absent. */
export function listFiles(workspace: string, requested: string): Reply {
  if (requested === '') return failure(400, "Missing 'path' query parameter");
  const jailed = resolveInJail(workspace, requested);
  if (!jailed.ok) return failure(400, jailed.error);
  try {
    const names = fs.readdirSync(jailed.path).sort(byBytes);
    return json(200, {
      files: names.map((name) => entry(jailed.path, name)).filter((file) => file !== undefined),
    });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return failure(404, 'Directory not found');
    const operation = errorCode(error) === 'ENOTDIR' ? 'readdirent' : 'open';
    return failure(500, `Failed to read directory: ${goPathError(operation, jailed.path, error)}`);
  }
}
