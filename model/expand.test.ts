import { describe, expect, test } from '@jest/globals';
import { expand, expandVariables } from './expand.ts';

describe('$(NAME)', () => {
  const values = new Map([
    ['PORT', '8080'],
    ['EMPTY', ''],
  ]);

  test.each([
    ['--port=$(PORT)', '--port=8080'],
    ['$(PORT)$(PORT)', '80808080'],
    ['[$(EMPTY)]', '[]'],
    ['$(UNKNOWN) stays', '$(UNKNOWN) stays'],
    ['$$(PORT)', '$(PORT)'],
    ['$$$(PORT)', '$8080'],
    ['$PORT ${PORT} is the shell’s', '$PORT ${PORT} is the shell’s'],
    ['$(PORT', '$(PORT'],
    ['100$', '100$'],
  ])('%s becomes %s', (written, meant) => {
    expect(expand(written, values)).toBe(meant);
  });

  test('a value is not expanded again', () => {
    expect(expand('$(A)', new Map([['A', '$(A)']]))).toBe('$(A)');
  });
});

describe('variables', () => {
  test('see those before them, not those after', () => {
    const given = [
      { name: 'HOST', value: 'localhost' },
      { name: 'URL', value: 'http://$(HOST):$(PORT)' },
      { name: 'PORT', value: '80' },
    ];
    expect(expandVariables(given)[1]).toEqual({ name: 'URL', value: 'http://localhost:$(PORT)' });
  });

  test('given twice keep the last value', () => {
    const given = ['a', '$(X)b'].map((value) => ({ name: 'X', value }));
    expect(expandVariables(given)).toEqual([{ name: 'X', value: 'ab' }]);
  });
});
