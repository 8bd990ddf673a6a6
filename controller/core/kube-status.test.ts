import { describe, expect, test } from '@jest/globals';
import { errorKinds, PlatformError, type ErrorCode } from '../../model/errors.ts';
import { failureStatus, warningHeader } from './kube-status.ts';

describe('an error as a Status', () => {
  test.each(Object.keys(errorKinds) as ErrorCode[])(
    '%s has the code of its HTTP status and a reason',
    (code) => {
      const status = failureStatus(new PlatformError(code, 'words'));
      expect(status).toMatchObject({ code: errorKinds[code].status, message: 'words', details: {} });
      expect(status.reason).toMatch(/^[A-Z][A-Za-z]+$/);
    },
  );

  test.each([
    ['STORE_UNAVAILABLE', 'ServiceUnavailable'],
    ['INTERNAL', 'InternalError'],
    ['RUNTIME_EXISTS', 'AlreadyExists'],
    ['CONFLICT', 'Conflict'],
  ] as const)('%s is %s to Kubernetes', (code, reason) => {
    expect(failureStatus(new PlatformError(code, '')).reason).toBe(reason);
  });

  test('names what it is about: the plural, but the kind of what is invalid', () => {
    const subject = { kind: 'CodeInterpreter', name: 'python' } as const;
    const group = 'runtime.agentcube.volcano.sh';
    expect(failureStatus(new PlatformError('RUNTIME_NOT_FOUND', ''), subject).details).toEqual({
      name: 'python',
      group,
      kind: 'codeinterpreters',
    });
    const problems = [{ path: 'spec.template', message: 'is missing', expected: 'an object' }];
    expect(failureStatus(new PlatformError('INVALID_RUNTIME', '', { problems }), subject).details).toEqual({
      name: 'python',
      group,
      kind: 'CodeInterpreter',
      causes: [
        {
          reason: 'FieldValueRequired',
          message: 'Required value: expected an object',
          field: 'spec.template',
        },
      ],
    });
  });
});

test('a warning is one quoted printable line, whatever it quotes', () => {
  expect(warningHeader('a "b" \\ c\r\nX-Evil: ü')).toBe('299 - "a \\"b\\" \\\\ c??X-Evil: ?"');
});
