import { describe, expect, test } from '@jest/globals';
import { bindJson } from './go-bind.ts';
import type { Shape } from './go-bind.ts';

const shape = {
  name: 'ExecuteRequest',
  fields: {
    command: { kind: 'string[]', required: true },
    timeout: { kind: 'string' },
    working_dir: { kind: 'string', required: true },
    env: { kind: 'map[string]string' },
  },
} as const satisfies Shape;
const bind = (text: string) => bindJson(shape, Buffer.from(text));
const required = (field: string) =>
  `Key: 'ExecuteRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;

describe('binding a request body as Gin does', () => {
  test('names match in any case, unknown ones are ignored, the last wins, null is absent', () => {
    const text =
      '{"Command":["a"],"x":1,"working_dir":"p","WORKING_DIR":"q","timeout":null,"__proto__":{"a":1}}';
    expect(bind(text)).toEqual({ ok: true, value: { command: ['a'], working_dir: 'q' } });
  });
  test('what follows the first value is ignored', () => {
    const text = '{"command":[],"working_dir":"p","env":{"A":"1","B":null}} {"command":7}';
    expect(bind(text)).toEqual({
      ok: true,
      value: { command: [], working_dir: 'p', env: { A: '1', B: '' } },
    });
  });
  test.each([
    ['{"working_dir":"p"}', required('Command')],
    ['{"command":null,"working_dir":""}', `${required('Command')}\n${required('WorkingDir')}`],
    ['null', `${required('Command')}\n${required('WorkingDir')}`],
    [
      '{"command":"ls"}',
      'json: cannot unmarshal string into Go struct field ExecuteRequest.command of type []string',
    ],
    [
      '{"command":[1]}',
      'json: cannot unmarshal number into Go struct field ExecuteRequest.command of type string',
    ],
    [
      '{"timeout":5}',
      'json: cannot unmarshal number into Go struct field ExecuteRequest.timeout of type string',
    ],
    [
      '{"timeout":true}',
      'json: cannot unmarshal bool into Go struct field ExecuteRequest.timeout of type string',
    ],
    [
      '{"env":[]}',
      'json: cannot unmarshal array into Go struct field ExecuteRequest.env of type map[string]string',
    ],
    [
      '{"env":{"A":{}}}',
      'json: cannot unmarshal object into Go struct field ExecuteRequest.env of type string',
    ],
    ['[]', 'json: cannot unmarshal array into Go value of type picod.ExecuteRequest'],
    ['', 'EOF'],
    ['nope', "invalid character 'o' in literal null (expecting 'u')"],
  ])('%s is refused', (text, error) => {
    expect(bind(text)).toEqual({ ok: false, error });
  });
});
