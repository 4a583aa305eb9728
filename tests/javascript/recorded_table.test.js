import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import {
  bytesOf,
  codesOf,
  curveOf,
  markIn,
  tableOf,
  unzipped,
  valueIn,
} from '../../storagelab/widgets/scripts/recorded_table.js';

test('bytes come back out of a text, two to a character', () => {
  assert.deepEqual([...bytesOf('a\u6162\u1234')], [0x62, 0x61, 0x34, 0x12]);
  assert.deepEqual([...bytesOf('b\u6162\u1234')], [0x62, 0x61, 0x34]);
  assert.deepEqual([...bytesOf('a')], []);
});

test('what a string in a script cannot have is escaped', () => {
  // a quote, an end of a line, half of a character, a mark of the byte order, the escape itself
  const text = 'a\ufff0\u0122\ufff0\u3028\ufff0\u5801\ufff0\u7eff\ufff0\u0ff0';
  const units = [0x0022, 0x2028, 0xd801, 0xfeff, 0xfff0];
  assert.deepEqual(
    [...bytesOf(text)],
    units.flatMap((unit) => [unit & 255, unit >> 8]),
  );
});

test('what was packed is unpacked', async () => {
  const bytes = Uint8Array.from([1, 2, 3, 250]);
  assert.deepEqual(await unzipped(gzipSync(bytes)), bytes);
});

test('codes are told by how far they lie below the next new one', () => {
  // 0 1 0 2 1: three new ones, and 2 below 2, and 2 below 3
  assert.deepEqual([...codesOf(Uint8Array.of(0, 0, 2, 0, 2), 0, 5, 1, 0)], [0, 1, 0, 2, 1]);
});

test('codes of two bytes have all lower ones first', () => {
  // steps of +300 and -300: 600 and 599
  const bytes = Uint8Array.of(9, 600 % 256, 599 % 256, 600 >> 8, 599 >> 8);
  assert.deepEqual([...codesOf(bytes, 1, 2, 2, 1)], [300, 0]);
});

test('a curve is summed up along points of the same power of ten', () => {
  // 1.00000, 1.10000, 1.20000 and 12.0000 as digits 100000, 110000, 120000 and 120000
  const row = [100000, 10000, 10000, 120000];
  assert.deepEqual(curveOf(1, [-5, 3, -4, 1], row), [1, 1.1, 1.2, 12]);
  assert.deepEqual(curveOf(0, [0, 2], [0, 7]), [0, 7]);
});

function packed(head, codes) {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const whole = new Uint8Array(4 + text.length + codes.length);
  new DataView(whole.buffer).setUint32(0, text.length, true);
  whole.set(text, 4);
  whole.set(codes, 4 + text.length);
  return tableOf(whole);
}

// Three positions of one control and two of another; a text of both, a list, and a figure's choice.
const table = packed(
  {
    shape: [3, 2],
    nodes: [[['text', [0, 1]]], [['list', [1, 2]]], [0, 1]],
    columns: [
      [[0], 1, 0, 0, ['low ', 'high ']],
      [[1], 1, 0, 0, ['a', 'b']],
      [[0, 1], 1, 0, 0, [null, 5]],
    ],
  },
  Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 1, 2, 1, 2),
);

test('a value is put together of the columns, each on its own axes', () => {
  assert.equal(valueIn(table, 0, [0, 0]), 'low a');
  assert.equal(valueIn(table, 0, [1, 1]), 'high b');
  assert.equal(valueIn(table, 0, [2, 0]), 'high a');
});

test('a row that a list lacks is left out', () => {
  assert.deepEqual(valueIn(table, 1, [0, 0]), ['a']);
  assert.deepEqual(valueIn(table, 1, [0, 1]), ['b', 5]);
});

test('a trait of a figure with a choice has a node for each', () => {
  assert.equal(valueIn(table, 2, [1, 1], 0), 'high ');
  assert.equal(valueIn(table, 2, [1, 1], 1), 'b');
});

test('a mark changes where the value does, and only there', () => {
  assert.notEqual(markIn(table, 0, [0, 0]), markIn(table, 0, [1, 0]));
  assert.equal(markIn(table, 2, [0, 0], 1), markIn(table, 2, [2, 0], 1));
});
