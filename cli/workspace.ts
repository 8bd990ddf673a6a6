// An agent's folder: which language and entry point it has, what a Dockerfile of it looks like, the next version. Pure but for looking
// which files there are.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { misused } from './failure.ts';
import type { Language, Metadata } from './metadata.ts';

const has = (folder: string, name: string): boolean => existsSync(path.join(folder, name));

const entryFiles: Readonly<Record<Language, readonly string[]>> = {
  python: ['main.py', 'agent.py', 'app.py'],
  node: ['agent.ts', 'agent.js', 'main.ts', 'main.js', 'index.ts', 'index.js', 'server.js'],
  java: ['pom.xml'],
};

/** By the files that each language has; undefined when there are none. */
export function languageIn(folder: string): Language | undefined {
  if (has(folder, 'pom.xml')) return 'java';
  if (has(folder, 'requirements.txt') || entryFiles.python.some((name) => has(folder, name))) return 'python';
  if (has(folder, 'package.json') || entryFiles.node.some((name) => has(folder, name))) return 'node';
  return undefined;
}

function mainOfPackage(folder: string): string | undefined {
  try {
    const { main } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      readonly main?: string;
    };
    return main !== undefined && has(folder, main) ? main : undefined;
  } catch {
    return undefined;
  }
}

/** How it is started, where its files tell. */
export function entrypointIn(folder: string, language: Language): string | undefined {
  if (language === 'java') return 'java -jar target/app.jar';
  const file =
    (language === 'node' ? mainOfPackage(folder) : undefined) ??
    entryFiles[language].find((name) => has(folder, name));
  return file === undefined ? undefined : `${language === 'python' ? 'python' : 'node'} ${file}`;
}

/** A name that Kubernetes takes, made of the folder's. */
export const nameOf = (folder: string): string =>
  path
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63) || 'agent';

/** 0.0.1 at first, then the last number grows; what is no such version begins anew. */
export function nextVersion(version: string | undefined): string {
  const [, prefix = '', major, minor, patch] = /^(v?)(\d+)\.(\d+)\.(\d+)$/.exec(version ?? '') ?? [];
  return patch === undefined ? '0.0.1' : `${prefix}${major}.${minor}.${Number(patch) + 1}`;
}

const interpreted = new Set(['python', 'python3', 'node']);

/** The file that an entry point runs; undefined where it names none of the folder's. */
function scriptOf(entrypoint: string): string | undefined {
  const [program = '', script] = entrypoint.split(/\s+/);
  return interpreted.has(program) && script?.startsWith('-') === false ? script : undefined;
}

/** Throws what the folder lacks. */
export function checkWorkspace(
  folder: string,
  { entrypoint, language, requirements_file: file }: Metadata,
): void {
  const script = scriptOf(entrypoint);
  if (script !== undefined && !has(folder, script))
    throw misused(`entrypoint: there is no ${script} in ${folder}`, 'name another with --entrypoint');
  const listed = language === 'python' && file !== undefined && file !== 'requirements.txt';
  if (listed && !has(folder, file)) throw misused(`requirements_file: there is no ${file} in ${folder}`);
  if (language === 'java' && !has(folder, 'pom.xml')) throw misused(`there is no pom.xml in ${folder}`);
}

const jsonOf = (entrypoint: string): string => JSON.stringify(entrypoint.trim().split(/\s+/));

const java = ({ port, entrypoint }: Metadata): string[] => [
  'FROM maven:3.9-eclipse-temurin-17 AS build',
  'WORKDIR /build',
  'COPY . .',
  'RUN mvn -q -DskipTests package && cp target/*.jar target/app.jar',
  'FROM eclipse-temurin:17-jre',
  'WORKDIR /app',
  'COPY --from=build /build/target ./target',
  `EXPOSE ${port}`,
  `CMD ${jsonOf(entrypoint)}`,
];

/** The image's recipe; requirements first, so that they are not installed again with each change of the code. */
export function dockerfileOf(folder: string, metadata: Metadata): string {
  const { language, port, entrypoint, requirements_file: file = 'requirements.txt' } = metadata;
  const python = [
    'FROM python:3.11-slim',
    'WORKDIR /app',
    ...(has(folder, file) ? [`COPY ${file} .`, `RUN pip install --no-cache-dir -r ${file}`] : []),
  ];
  const node = [
    'FROM node:24-slim',
    'WORKDIR /app',
    ...(has(folder, 'package.json')
      ? ['COPY package*.json ./', `RUN npm ${has(folder, 'package-lock.json') ? 'ci' : 'install'} --omit=dev`]
      : []),
  ];
  const end = ['COPY . .', `ENV PORT=${port}`, `EXPOSE ${port}`, `CMD ${jsonOf(entrypoint)}`];
  const lines = language === 'java' ? java(metadata) : [...(language === 'python' ? python : node), ...end];
  return `${lines.join('\n')}\n`;
}
