// Examples of documents and docstrings as programs: finds them, has the compiler check them all, runs each, and says what it should
// have printed: `console.log(…); // this`. Does not own: the platform that they talk to.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '../..');

export interface Example {
  /** `docs/sdk.md:12` */
  readonly name: string;
  readonly code: string;
  /** Lines that its output has, in this order, others beside them. */
  readonly prints: readonly string[];
}

const fence = /^```ts\n(.*?)^```$/gms;
/** What a comment block has before each line. */
const star = /^\s*\* ?/gm;
const printed = /console\.log\(.*\);? \/\/ (.+)$/;

/** The blocks of TypeScript of a Markdown file, or of the `@example`s of a source. */
export function examplesOf(file: string): Example[] {
  const source = readFileSync(path.join(repository, file), 'utf8');
  const text = file.endsWith('.ts') ? source.replace(star, '') : source;
  return [...text.matchAll(fence)].map(({ 1: code = '', index }) => ({
    name: `${file}:${text.slice(0, index).split('\n').length}`,
    code,
    prints: code.split('\n').flatMap((line) => printed.exec(line)?.[1] ?? []),
  }));
}

export class ExamplePrograms {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'agentcube-examples-'));
  readonly #examples: readonly Example[];
  readonly #modules: Readonly<Record<string, string>>;

  /** @param modules what each import means: `{ agentcube: 'sdk/index.ts' }`. */
  constructor(examples: readonly Example[], modules: Readonly<Record<string, string>>) {
    this.#examples = examples;
    this.#modules = modules;
    for (const [index, { code }] of examples.entries())
      writeFileSync(this.#file(index), this.#resolved(code));
    writeFileSync(path.join(this.#folder, 'package.json'), '{"type": "module"}');
    symlinkSync(path.join(repository, 'node_modules'), path.join(this.#folder, 'node_modules'));
    mkdirSync(path.join(this.#folder, 'out'));
  }

  /** Rejects with what the compiler says. */
  async check(): Promise<void> {
    const settings = {
      extends: path.join(repository, 'tsconfig.json'),
      compilerOptions: {
        ...{ lib: ['es2025', 'esnext.disposable'], types: ['node'] },
        ...{ allowImportingTsExtensions: true, rewriteRelativeImportExtensions: false },
      },
      include: [],
      files: this.#examples.map((_, index) => this.#file(index)),
    };
    writeFileSync(path.join(this.#folder, 'tsconfig.json'), JSON.stringify(settings));
    const compiler = path.join(repository, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [compiler, '-p', this.#folder]).catch((fault: { stdout?: string }) => {
      throw new Error(`examples do not compile:\n${fault.stdout}`);
    });
  }

  /** What it printed, by lines. Rejects when it fails. */
  async run(example: Example, env: Readonly<Record<string, string>>): Promise<string[]> {
    const file = this.#file(this.#examples.indexOf(example));
    const { PATH } = process.env;
    const given = { ...(PATH !== undefined && { PATH }), NO_COLOR: '1', ...env };
    const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
      env: given,
    });
    return stdout.split('\n');
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #file(index: number): string {
    return path.join(this.#folder, `example-${index}.ts`);
  }

  #resolved(code: string): string {
    return code.replace(/ from '([^'.]+)'/g, (whole, name: string) => {
      const file = this.#modules[name];
      return file === undefined ? whole : ` from '${path.join(repository, file)}'`;
    });
  }
}

/** Those of `wanted` that `lines` has in this order; all of them when nothing is missing. */
export function foundInOrder(lines: readonly string[], wanted: readonly string[]): string[] {
  const left = [...wanted];
  return lines.filter((line) => line === left[0] && left.shift() !== undefined);
}
