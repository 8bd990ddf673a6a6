import { expect, test } from '@jest/globals';
import { scriptIn } from './script.ts';

const readme = `# x

## Before

\`\`\`console
$ not this
\`\`\`

## The tour

\`\`\`sh
$ nor this
\`\`\`

\`\`\`console
$ first --flag
one
two
$ second
\`\`\`

Words.

\`\`\`console
$ third 'print(1)
print(2)'
3
$ fourth \\
    --more
4
\`\`\`

## After

\`\`\`console
$ nor this
\`\`\`
`;

test('commands of the console blocks below the heading, with what is shown below each', () => {
  expect(scriptIn(readme, 'The tour')).toEqual([
    { command: 'first --flag', shown: ['one', 'two'], line: 16 },
    { command: 'second', shown: [], line: 19 },
    { command: "third 'print(1)\nprint(2)'", shown: ['3'], line: 25 },
    { command: 'fourth \\\n    --more', shown: ['4'], line: 28 },
  ]);
});

test('a heading that is not there is an error, not an empty tour', () => {
  expect(() => scriptIn(readme, 'Nothing')).toThrow('no heading "Nothing"');
});
