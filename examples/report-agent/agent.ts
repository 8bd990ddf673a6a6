// A long task: it is answered at once, worked on with nobody connected, and asked for later. `busy` keeps the session awake meanwhile;
// without it the session would be paused in the middle, and would go on where it was with the next request.
// The report is a file of the workspace, so it outlives also a crash.
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, serve, type Context } from 'agentcube/agent';

const { AGENTCUBE_WORKSPACE: workspace = process.cwd() } = process.env;
const sectionMs = 2_000;
const mostSections = 100;

interface Order {
  readonly sections: number;
}

const running = new Map<string, { written: number; of: number }>();
const fileOf = (id: string): string => join(workspace, `report-${id}.md`);

async function write(id: string, { sections }: Order, { log, clock }: Context): Promise<void> {
  const progress = { written: 0, of: sections };
  running.set(id, progress);
  await writeFile(fileOf(id), `# Report ${id}\n`);
  for (let section = 1; section <= sections; section += 1) {
    await new Promise<void>((resolve) => clock.after(sectionMs, resolve)); // where the work would be
    await appendFile(fileOf(id), `\n## Section ${section}\n`);
    progress.written = section;
    log.info('wrote a section', { report: id, section });
  }
  running.delete(id);
}

function order(input: Order, context: Context): Response {
  if (!(input.sections >= 1 && input.sections <= mostSections))
    throw new AgentError(400, 'BAD_ORDER', `\`sections\` is to be a number from 1 to ${mostSections}`);
  const id = String(context.turn);
  void context.busy(write(id, input, context), `report-${id}`);
  return Response.json({ report: id }, { status: 202 });
}

async function show(_: unknown, { request }: Context) {
  const { id = '' } = request.params;
  const progress = running.get(id);
  if (progress) return { report: id, done: false, ...progress };
  const text = /^\d+$/.test(id) ? await readFile(fileOf(id), 'utf8').catch(() => undefined) : undefined;
  if (text === undefined) throw new AgentError(404, 'NO_SUCH_REPORT', `there is no report ${id}`);
  return { report: id, done: true, text };
}

serve({ routes: { 'POST /reports': order, 'GET /reports/:id': show } });
