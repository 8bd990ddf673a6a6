// Where Kubernetes clients find the OpenAPI documents: an index, and one document a group. Written once, as they never change;
// an address names its content by a hash, so that clients ask for it once. Does not own what the documents say.
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { apiVersionOf, type ResourceKind } from '../../model/resource.ts';
import { openapi as ofSessions } from '../sessions-api/core/openapi.ts';
import { sessionsApiVersion } from '../sessions-api/core/schema.ts';
import { openapiProto } from '../core/openapi-proto.ts';
import { swaggerDocument } from './kube-openapi-v2.ts';
import { Described, groupDocument } from './kube-openapi.ts';
import type { Route } from './route.ts';

interface Document {
  /** Below `/openapi/v3/`. */
  readonly name: string;
  readonly text: string;
  readonly hash: string;
}

const root = '/openapi/v3';

function documentOf(name: string, content: object): Document {
  const text = JSON.stringify(content);
  return { name, text, hash: createHash('sha512').update(text).digest('hex').toUpperCase() };
}

function documents(kinds: readonly ResourceKind[]): Document[] {
  const groups = [...Map.groupBy(kinds, apiVersionOf)];
  const sessions = `apis/${sessionsApiVersion}`;
  return [
    documentOf(sessions, ofSessions[`${root}/${sessions}`] ?? {}),
    ...groups.map(([name, members]) =>
      documentOf(`apis/${name}`, groupDocument(members.map((kind) => new Described(kind)))),
    ),
  ];
}

const doc: Route['doc'] = {
  summary: 'The schemas of what is deployed, for Kubernetes clients',
  tag: 'About',
  answers: { 200: { description: 'An OpenAPI 3.0 document, or the index of them.', schema: 'Object' } },
};

/** Whoever asks by the hash need never ask again. */
function answer(request: Request, response: Response, { text, hash }: Document): void {
  response.setHeader('ETag', `"${hash}"`).setHeader('Content-Type', 'application/json');
  if (request.query['hash'] === hash)
    response.setHeader('Cache-Control', 'public, immutable, max-age=31536000');
  if (request.headers['if-none-match'] === `"${hash}"`) return void response.status(304).end();
  response.end(text);
}

const protobufTypes = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
];
const jsonTypes = ['', '*/*', 'application/*', 'application/json'];

const typesIn = ({ headers: { accept = '' } }: Request): string[] =>
  accept.split(',').map((one) => one.split(';', 1)[0]?.trim() ?? '');

/** OpenAPI 2.0, in the form of which older clients take only one. */
function swaggerRoute(kinds: readonly ResourceKind[]): Route {
  const document = swaggerDocument(kinds.map((kind) => new Described(kind)));
  const json = JSON.stringify(document);
  const proto = Buffer.from(openapiProto(document));
  const handle: Route['handle'] = (request, response) => {
    response.setHeader('Vary', 'Accept');
    for (const type of typesIn(request)) {
      if (jsonTypes.includes(type)) return void response.type('application/json').end(json);
      // With its @ it is no media type, which an API server answers too.
      if (protobufTypes.includes(type))
        return void response.setHeader('Content-Type', protobufTypes[1] ?? '').end(proto);
    }
    response.status(406).end();
  };
  return { method: 'get', path: '/openapi/v2', doc, handle };
}

/** Routes for the documents of these kinds, and of sessions. */
export function openapiRoutes(kinds: readonly ResourceKind[]): Route[] {
  const all = documents(kinds);
  const addressOf = ({ name, hash }: Document): string => `${root}/${name}?hash=${hash}`;
  const index = {
    paths: Object.fromEntries(all.map((one) => [one.name, { serverRelativeURL: addressOf(one) }])),
  };
  return [
    swaggerRoute(kinds),
    { method: 'get', path: root, doc, handle: (_, response) => void response.json(index) },
    ...all.map((one): Route => ({
      method: 'get',
      path: `${root}/${one.name}`,
      doc,
      handle: (request, response) => answer(request, response, one),
    })),
  ];
}
