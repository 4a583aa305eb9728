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

// Bytes as text of 15 bits a character, bit by bit, as a second way to write it.
function textOf(bytes) {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const rest = (15 - (bits.length % 15)) % 15;
  const groups = `${bits}${'0'.repeat(rest)}`.match(/.{15}/g) ?? [];
  const letters = groups.map((group) => String.fromCharCode(0x5000 + Number.parseInt(group, 2)));
  return String.fromCharCode(0x5000 + rest) + letters.join('');
}

test('bytes come back out of a text, however many they are', () => {
  for (const count of [0, 1, 2, 14, 15, 16, 1000]) {
    const bytes = Uint8Array.from({ length: count }, (_, at) => (at * 37 + 11) % 256);
    assert.deepEqual(bytesOf(textOf(bytes)), bytes);
  }
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
