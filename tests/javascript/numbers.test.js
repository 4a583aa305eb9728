import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csvText, shown } from '../../storagelab/widgets/scripts/numbers.js';

test('a number has four digits on a page, and text is left alone', () => {
  assert.equal(shown(1234.5678), '1,235');
  assert.equal(shown(123456), '123,500');
  assert.equal(shown(0.000123449), '0.0001234');
  assert.equal(shown(-2), '-2');
  assert.equal(shown('∞'), '∞');
});

test('a file has every number in full, and quotes around what would break a row', () => {
  const rows = [
    ['first, of two', 0.123456789],
    ['the "last"\nof them', 1e-9],
  ];
  assert.equal(
    csvText(['what', 'time (s)'], rows),
    'what,time (s)\n"first, of two",0.123456789\n"the ""last""\nof them",1e-9\n',
  );
});
