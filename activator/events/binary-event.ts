// An event in binary mode: attributes in headers, data as the body, which is opaque (CloudEvents HTTP binding 1.0.2, section 3.1).
// Does not own what an attribute may be.
import { attributeProblems, type EventProblem } from './core/attribute-rules.ts';
import { prefix, type EventHead, type Header } from './core/head.ts';
import { headerText } from './core/header-value.ts';
import { formatProblems, hasFormat } from './formats.ts';
import { invalidEvent, type ReadEvent } from './read-event.ts';

/** Senders that escape nothing put a URI with escapes of its own into a header; read once, it would be none any more. */
function headerValue(name: string, raw: string): string | undefined {
  const text = headerText(raw);
  const isUri = name === 'source' || name === 'dataschema';
  return isUri && raw.includes('%') && (text === undefined || !hasFormat(name, text)) ? raw : text;
}

function headerProblem(name: string, given: Record<string, string>): string | undefined {
  if (name === 'datacontenttype') return 'is the header Content-Type, without ce-';
  return Object.hasOwn(given, name) ? 'is given twice' : undefined;
}

function headerAttributes({ attributes, contentType }: EventHead): [Record<string, string>, EventProblem[]] {
  const given: Record<string, string> = {};
  const problems: EventProblem[] = [];
  for (const [header, raw] of attributes) {
    const name = header.slice(prefix.length);
    const value = headerValue(name, raw);
    const rule = value === undefined ? 'is not UTF-8' : headerProblem(name, given);
    if (rule !== undefined) problems.push({ attribute: name, rule });
    // An own property, whatever it is called.
    else Object.defineProperty(given, name, { value, enumerable: true, configurable: true, writable: true });
  }
  if (contentType !== undefined && contentType !== '') given['datacontenttype'] = contentType;
  return [given, problems];
}

/** Throws INVALID_EVENT with every problem. */
export function binaryEvent(head: EventHead, body: Uint8Array): ReadEvent {
  const [attributes, unread] = headerAttributes(head);
  const problems = [...unread, ...attributeProblems(attributes), ...formatProblems(attributes)];
  if (problems.length > 0) throw invalidEvent(problems);
  const { contentType, trace } = head;
  const type: readonly Header[] = contentType === undefined ? [] : [['content-type', contentType]];
  return { attributes, encoded: { mode: 'binary', headers: [...head.attributes, ...type, ...trace], body } };
}
