// Label selectors with all that Kubernetes allows: `app=web`, `tier!=front`, `app in (a, b)`, `!gone`, `rank>3`; refused in its words
// (k8s.io/apimachinery/pkg/labels). Does not own what is selected.
import { PlatformError } from '../../model/errors.ts';

type Labels = Readonly<Record<string, string>> | undefined;
type Operator = 'in' | 'notin' | 'exists' | '!' | '>' | '<';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** All of them have to hold. */
export type LabelSelector = readonly Requirement[];

type Token = 'end' | 'word' | ',' | '(' | ')' | '!' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin';

const invalid = (message: string): PlatformError => new PlatformError('INVALID_REQUEST', message);
const inRequirement = (message: string): PlatformError => invalid(`unable to parse requirement: ${message}`);

const pieces = /\s*([(),]|==|!=|[!=<>]|[^\s(),!=<>]+)/gy;
const symbols = new Set<string>([',', '(', ')', '!', '=', '==', '!=', '>', '<']);
const binary = 'in, notin, =, ==, !=, gt, lt';

const key = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${key}')`;
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with " +
  `an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${key})?')`;
const keyPattern = new RegExp(`^${key}$`);
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function problemOfKey(text: string): string | undefined {
  const parts = text.split('/');
  if (parts.length > 2)
    return `a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  const [prefix, name] = parts.length === 2 ? parts : [undefined, text];
  if (prefix === '') return 'prefix part must be non-empty';
  if (prefix !== undefined && !prefixPattern.test(prefix))
    return 'prefix part must be a lowercase RFC 1123 subdomain';
  if (name === undefined || name === '') return 'name part must be non-empty';
  if (name.length > 63) return 'name part must be no more than 63 bytes';
  return keyPattern.test(name) ? undefined : `name part ${nameRule}`;
}

function problemOfValue(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 bytes';
  return text === '' || keyPattern.test(text) ? undefined : valueRule;
}

class Parser {
  readonly #words: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#words = [...text.matchAll(pieces)].map(([, word = '']) => word);
  }

  all(): LabelSelector {
    const found: Requirement[] = [];
    if (this.#token() === 'end') return found;
    for (;;) {
      if (!this.#begins())
        throw invalid(`found '${this.#word}', expected: !, identifier, or 'end of string'`);
      found.push(this.#requirement());
      const next = this.#take();
      if (next === '') return found;
      if (next !== ',') throw invalid(`found '${next}', expected: ',' or 'end of string'`);
      if (!this.#begins()) throw invalid(`found '${this.#word}', expected: identifier after ','`);
    }
  }

  get #word(): string {
    return this.#words[this.#at] ?? '';
  }

  #take(): string {
    const word = this.#word;
    this.#at += 1;
    return word;
  }

  #token(): Token {
    const word = this.#word;
    if (word === '') return 'end';
    return symbols.has(word) ? (word as Token) : 'word';
  }

  #begins(): boolean {
    return this.#token() === 'word' || this.#token() === '!';
  }

  #requirement(): Requirement {
    const not = this.#token() === '!';
    if (not) this.#take();
    if (this.#token() !== 'word') throw inRequirement(`found '${this.#word}', expected: identifier`);
    const name = this.#take();
    const problem = problemOfKey(name);
    if (problem) throw inRequirement(`<nil>: Invalid value: ${JSON.stringify(name)}: ${problem}`);
    if (not) return { key: name, operator: '!', values: [] };
    if (this.#token() === 'end' || this.#token() === ',')
      return { key: name, operator: 'exists', values: [] };
    return checked({ key: name, ...this.#condition() });
  }

  #condition(): Omit<Requirement, 'key'> {
    const operator = this.#take();
    if (operator === 'in' || operator === 'notin') return { operator, values: this.#list() };
    if (operator === '=' || operator === '==') return { operator: 'in', values: [this.#value()] };
    if (operator === '!=') return { operator: 'notin', values: [this.#value()] };
    if (operator === '>' || operator === '<') return { operator, values: [this.#value()] };
    throw inRequirement(`found '${operator}', expected: ${binary}`);
  }

  #value(): string {
    const token = this.#token();
    if (token === 'end' || token === ',') return '';
    if (token !== 'word') throw inRequirement(`found '${this.#word}', expected: identifier`);
    return this.#take();
  }

  #list(): string[] {
    const open = this.#take();
    if (open !== '(') throw inRequirement(`found '${open}' expected: '('`);
    const values: string[] = [];
    if (!['word', ',', ')'].includes(this.#token()))
      throw inRequirement(`found '${this.#word}', expected: ',', ')' or identifier`);
    while (this.#token() !== ')') {
      if (this.#token() === 'word') values.push(this.#take());
      else values.push('');
      if (this.#token() === ')') break;
      if (this.#token() !== ',') throw inRequirement(`found '${this.#word}', expected: ',' or ')'`);
      this.#take();
      if (this.#token() === ')') values.push('');
    }
    this.#take();
    return values;
  }
}

function checked(requirement: Requirement): Requirement {
  const { key: name, operator, values } = requirement;
  const [first = ''] = values;
  if ((operator === 'in' || operator === 'notin') && values.length === 0)
    throw inRequirement("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
  if ((operator === '>' || operator === '<') && !/^[-+]?\d+$/.test(first))
    throw inRequirement(
      `values[0]: Invalid value: ${JSON.stringify(first)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  values.forEach((value, index) => {
    const problem = problemOfValue(value);
    if (problem)
      throw inRequirement(`values[${index}][${name}]: Invalid value: ${JSON.stringify(value)}: ${problem}`);
  });
  return requirement;
}

/** Throws INVALID_REQUEST. The empty text selects everything. */
export const parseLabels = (text: string): LabelSelector => new Parser(text).all();

const valueOf = (labels: Labels, name: string): string | undefined =>
  labels !== undefined && Object.hasOwn(labels, name) ? labels[name] : undefined;

const isNumber = (text: string | undefined): text is string => text !== undefined && /^[-+]?\d+$/.test(text);

const tests: Readonly<Record<Operator, (value: string | undefined, wanted: readonly string[]) => boolean>> = {
  in: (value, wanted) => value !== undefined && wanted.includes(value),
  notin: (value, wanted) => value === undefined || !wanted.includes(value),
  exists: (value) => value !== undefined,
  '!': (value) => value === undefined,
  '>': (value, [bound]) => isNumber(value) && Number(value) > Number(bound),
  '<': (value, [bound]) => isNumber(value) && Number(value) < Number(bound),
};

/** Whether labels are as a selector asks. */
export const selectsLabels = (selector: LabelSelector, labels: Labels): boolean =>
  selector.every(({ key: name, operator, values }) => tests[operator](valueOf(labels, name), values));

/** What a selector that only asks for equality asks for. Throws INVALID_REQUEST for any other. */
export function parseLabelSelector(text: string): Record<string, string> {
  return Object.fromEntries(
    parseLabels(text).map(({ key: name, operator, values }) => {
      const [value] = values;
      if (operator === 'in' && values.length === 1 && value !== undefined) return [name, value];
      throw inRequirement(`${JSON.stringify(name)}: expected key=value`);
    }),
  );
}
