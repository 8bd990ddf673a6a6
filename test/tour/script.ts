// The tour as README tells it: commands and what they print, in the order of their blocks. Reads text; runs nothing.

export interface Step {
  readonly command: string;
  /** What README shows below it, line by line. */
  readonly shown: readonly string[];
  /** The line of the command in the file, counted from 1. */
  readonly line: number;
}

const fence = /^```(\w*)/;

/** Lines of a command go on below it as long as they end with a backslash, or a quote is open. */
const isWhole = (command: string): boolean =>
  !command.endsWith('\\') && (command.match(/'/g)?.length ?? 0) % 2 === 0;

function stepsOf(lines: readonly string[], first: number): Step[] {
  const steps: { command: string; shown: string[]; line: number }[] = [];
  for (const [index, line] of lines.entries()) {
    const last = steps.at(-1);
    if (last && last.shown.length === 0 && !isWhole(last.command)) last.command += `\n${line}`;
    else if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [], line: first + index });
    else if (last) last.shown.push(line);
  }
  return steps;
}

interface Block {
  readonly language: string;
  readonly lines: string[];
  /** The number of its first line in the file, counted from 1. */
  readonly first: number;
}

/** The fenced blocks from this line on, up to the next heading of the second level. */
function blocksFrom(lines: readonly string[], start: number): readonly Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [index, line] of lines.entries()) {
    if (index < start) continue;
    const mark = fence.exec(line);
    if (!open && line.startsWith('## ')) break;
    if (open && !mark) open.lines.push(line);
    else if (mark) open = open ? undefined : { language: mark[1] ?? '', lines: [], first: index + 2 };
    if (open && mark) blocks.push(open);
  }
  return blocks;
}

/** The `console` blocks below a heading of the second level. Throws when there is no such heading. */
export function scriptIn(markdown: string, heading: string): readonly Step[] {
  const lines = markdown.split('\n');
  const start = lines.indexOf(`## ${heading}`) + 1;
  if (start === 0) throw new Error(`there is no heading "${heading}"`);
  return blocksFrom(lines, start)
    .filter(({ language }) => language === 'console')
    .flatMap((block) => stepsOf(block.lines, block.first));
}
