import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bestOf,
  differenceOf,
  dressed,
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

const SAYS = {
  heads: ['size', 'share', 'cost', 'misses'],
  caption: '<p>{text}</p>',
  frame: '{one}|{other}|{rows}',
  same: '{other} and {one} are the same.',
  compared: '{other} beside {one}: {changes}, {gained} {paid}.',
  sameUse: 'the same share',
  sameCost: 'at the same cost',
  gained: '{points} {noun} {more} {useful}',
  useful: 'share',
  nouns: ['point', 'points'],
  more: ['less', 'more'],
  paid: 'for {cost} {more}',
  noPoints: 0.005,
  noCost: 1e-6,
  pointsForm: [0, 1, 2, 0, '{number}'],
  costForms: [[0, 1, null, 2, '€{number}']],
  changes: [{ labels: ['1 & a', '2'], instead: '{now} for {before}', apart: { '0,1': 'twice' } }],
};

test('two runs differ in settings that differ, and in what they came to', () => {
  const [runs, states] = [
    [CHEAP, GOOD, DEAR],
    [[0], [1], [1]],
  ];
  const html = differenceOf(runs, states, [0, 1], SAYS);
  assert.match(html, /^<p>2 beside 1: twice, 46 points more share for €20\.00 more\.<\/p>1\|2\|/);
  assert.match(html, /<tr><th scope="row">size<\/th><td>1<\/td><td>2<\/td>/);
  assert.match(differenceOf(runs, states, [2, 0], SAYS), /1 &amp; a for 2, 47 points less/);
  const same = differenceOf(runs, states, [1, 2], SAYS);
  assert.match(same, /^<p>3 and 2 are the same\.<\/p>/);
  assert.doesNotMatch(same, />size</);
});

test('what is hardly a difference is said to be none', () => {
  const near = [['1', '50%', '$10', 'the target'], 50.001, 10 + 1e-6, 1, ''];
  const html = differenceOf([CHEAP, near], [[1], [0]], [0, 1], SAYS);
  assert.match(html, /the same share at the same cost\./);
});

test('a number exactly between two goes to the even one', () => {
  const form = (digits, fixed) => [[0, 1, digits, fixed, '{number}']];
  assert.deepEqual(
    [12.5, 13.5, 0.125].map((value) => dressed(value, form(2, 0))),
    ['12', '14', '0.12'],
  );
  assert.equal(dressed(1234.5, form(null, 0)), '1,234');
  assert.equal(dressed(2.675, form(null, 2)), '2.67');
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
  scale: 1,
  atTheEdge: 'Below {least}: {runs}.',
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
  assert.equal(
    drawn.words,
    'Run 1: 50% for $10; run 2: 96% for $30. Below 80: 1. At the least $9.',
  );
});

test('the table of the plot has a row for each run', () => {
  const controls = [{ kind: 'scale', values: [1, 2000] }];
  assert.deepEqual(rowsOf([CHEAP, GOOD], [[0], [1]], controls, 10), [
    [1, 1, 50, 1],
    [2, 2000, 96, 3],
  ]);
});
