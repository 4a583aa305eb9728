import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bestOf,
  differenceOf,
  filled,
  listOf,
  nearestOf,
  numbered,
  plotOf,
  rowsOf,
  spanned,
  verdictOf,
} from '../../storagelab/widgets/scripts/recorded_runs.js';

// settings and results, the share in per cent, the cost, how many limits are missed, what is said
const CHEAP = [['1', '50%', '$10', 'the target'], 50, 10, 1, '50% for $10'];
const GOOD = [['2', '96%', '$30', 'nothing'], 96, 30, 0, '96% for $30'];
const DEAR = [['2', '97%', '$40', 'nothing'], 97, 40, 0, '97% for $40'];

test('the best run is the cheapest that misses nothing', () => {
  assert.equal(bestOf([CHEAP, DEAR, GOOD]), 2);
  assert.equal(bestOf([CHEAP]), null);
  assert.equal(bestOf([]), null);
});

test('the nearest run misses the fewest, and of those it is the most useful', () => {
  const worse = [[], 70, 5, 2, ''];
  const other = [[], 60, 5, 1, ''];
  assert.equal(nearestOf([worse, CHEAP, other]), 2);
});

test('what is said goes by how many runs there are and whether one will do', () => {
  const says = {
    most: 2,
    used: '{count} of {most}.',
    none: 'Begin.',
    missed: 'Not yet.',
    best: 'Run {run} is best.',
    closest: 'Run {run} is closest.',
  };
  assert.equal(verdictOf([], says), '0 of 2. Begin.');
  assert.equal(verdictOf([CHEAP], says), '1 of 2. Not yet.');
  assert.equal(verdictOf([CHEAP, CHEAP], says), '2 of 2. Run 1 is closest.');
  assert.equal(verdictOf([CHEAP, GOOD], says), '2 of 2. Run 2 is best.');
});

test('a sentence is filled and a cell is escaped', () => {
  assert.equal(filled('{a} and {b}', { a: 1, b: 'two' }), '1 and two');
  const runs = [[['<b>', '"x"'], 1, 1, 1, '']];
  assert.match(listOf(runs, '{rows}'), /&lt;b&gt;.*&quot;x&quot;/);
});

test('the list marks the best run', () => {
  const html = listOf([CHEAP, GOOD], '<table>{rows}</table>');
  assert.match(html, /<th scope="row">1<\/th>.*<th scope="row">2 ◆ best<\/th>/);
});

test('two runs differ in settings that differ, and in what they came to', () => {
  const told = {
    heads: ['size', 'share', 'cost', 'misses'],
    controls: 1,
    frame: '{one}|{other}|{rows}',
  };
  const html = differenceOf([CHEAP, GOOD, DEAR], [0, 1], told);
  assert.match(html, /^run 1\|run 2\|<tr><th scope="row">size<\/th><td>1<\/td><td>2<\/td>/);
  assert.doesNotMatch(differenceOf([CHEAP, GOOD, DEAR], [1, 2], told), />size</);
  assert.equal(differenceOf([CHEAP], [0, 0], told), '');
});

test('numbers in a row are told as a span', () => {
  assert.equal(spanned([0]), '1');
  assert.equal(spanned([0, 2, 3, 4]), '1, 3–5');
});

const ROOM = { wide: 1, row: 0.1, point: [0.5, 0.02], begin: 0, end: 100 };

test('numbers that would cover each other are joined', () => {
  const places = [
    { x: 10, y: 0.5 },
    { x: 11, y: 0.5 },
    { x: 50, y: 0.5 },
  ];
  assert.deepEqual(
    numbered(places, ROOM).map(({ text }) => text),
    ['1–2', '3'],
  );
  // the first one's number would stand on the second point
  const above = [
    { x: 10, y: 0.5 },
    { x: 10, y: 0.6 },
  ];
  assert.deepEqual(
    numbered(above, ROOM).map(({ text, y }) => [text, y]),
    [['1–2', 0.6]],
  );
});

test('a number stays within the ends of the axis', () => {
  assert.equal(numbered([{ x: 0, y: 0.5 }], ROOM)[0].x, 1);
});

const PLOT = {
  ...ROOM,
  least: 80,
  edge: 79,
  low: 1,
  high: 100,
  most: 2,
  frontier: { x: [80, 90], y: [5, 9], words: 'At the least $9.' },
};

test('a run below the least share stands at the edge, and the best one is marked', () => {
  const drawn = plotOf([CHEAP], { ...PLOT, begin: 78, end: 101 });
  assert.deepEqual([drawn.points.x, drawn.below.x], [[], [79]]);
  assert.deepEqual(drawn.below.names, ['run 1: 50% for $10']);
  assert.deepEqual(drawn.best.x, []);
  assert.equal(drawn.numbers.text[0], '◂1');
  assert.deepEqual(drawn.frontier.x, []);
});

test('the line of the least cost is drawn when no run is left', () => {
  const drawn = plotOf([CHEAP, GOOD], { ...PLOT, begin: 78, end: 101 });
  assert.deepEqual(drawn.frontier, { x: [80, 90], y: [5, 9] });
  assert.deepEqual([drawn.best.x, drawn.best.y], [[96], [30]]);
  assert.equal(drawn.words, 'Run 1: 50% for $10; Run 2: 96% for $30. At the least $9.');
});

test('the table of the plot has a row for each run', () => {
  assert.deepEqual(rowsOf([CHEAP, GOOD], 1), [
    [1, '1', 50, 10],
    [2, '2', 96, 30],
  ]);
});
