// docs/cli.md says what the commands are, and every command has a help with examples.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { commandChapters, sharedRows, wholeProgram } from '../test/support/cli-table.ts';
import { exitCodes } from './failure.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../docs/cli.md'), 'utf8')
  .replaceAll(/ +\|/g, ' |')
  .replaceAll(/\| -+ \| -+ \|/g, '| --- | --- |');
const program = await wholeProgram();

test('each command and each of its flags has its line', () => {
  for (const line of commandChapters(program).split('\n')) expect(page).toContain(line);
  for (const row of sharedRows(program)) expect(page).toContain(row);
});

test('there is no chapter of a command that is not there', () => {
  const written = [...page.matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  const there = [...commandChapters(program).matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  expect(written).toEqual(there);
});

test('each exit code has its row', () => {
  for (const code of Object.values(exitCodes)) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
});

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

test.each(program.commands.flatMap(all).map((command) => [command.name(), command] as const))(
  '%s has examples in its help',
  (_, command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    expect(help).toMatch(/Examples:\n {2}(\S.* )?agentcube |Examples:\n {2}\S/);
  },
);
