import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  announced,
  clickTimes,
  SECONDS,
  saying,
  scaleFor,
} from '../../storagelab/widgets/scripts/moment.js';

const RATES = [0, 0.3, 1, 17, 410, 2661, 3600, 72000];

test('there are as many clicks as the rate, the scale and the seconds say', () => {
  for (const rate of RATES) {
    for (const factor of [1, 12, 720]) {
      const meant = (rate / 3600) * factor * SECONDS;
      assert.ok(Math.abs(clickTimes(rate, factor).length - meant) <= 0.5);
    }
  }
});

test('clicks come one after the other, evenly, and within the seconds', () => {
  for (const rate of RATES) {
    const times = clickTimes(rate, 12);
    const gaps = times.slice(1).map((time, index) => time - times[index]);
    for (const time of times) assert.ok(time > 0 && time < SECONDS);
    for (const gap of gaps) assert.ok(Math.abs(gap - SECONDS / times.length) < 1e-9);
  }
});

test('twice as many an hour are twice as many in the same seconds', () => {
  assert.equal(clickTimes(7200, 1, 4).length, 2 * clickTimes(3600, 1, 4).length);
  assert.deepEqual(clickTimes(0, 720), []);
});

test('it is played no faster than it takes to hear the crisis more than twice', () => {
  assert.equal(scaleFor(2661)[0], 1);
  assert.equal(scaleFor(1441)[0], 1);
  assert.equal(scaleFor(1440)[0], 12);
  assert.equal(scaleFor(60)[0], 720);
  assert.equal(scaleFor(0)[0], 17280);
  for (const rate of RATES) {
    const [factor, words] = scaleFor(rate);
    assert.ok(words);
    if (factor < 17280) assert.ok(clickTimes(rate, factor).length >= 2);
  }
});

test('the words name the scale and the clicks that are heard', () => {
  assert.equal(
    saying('The crisis', 2661, scaleFor(2661)),
    'The crisis, five seconds as they are: 4 clicks.',
  );
  assert.equal(saying('Now', 0, scaleFor(2661)), 'Now, five seconds as they are: no clicks.');
  assert.match(saying('Now', 60, [12, 'a minute in five seconds']), /: 1 click\.$/);
});

test('what is announced has both sides', () => {
  const said = announced([['$9', 'a month']], [['$1', 'a month']]);
  assert.equal(said, 'All targets are met. The crisis: $9 a month. Now: $1 a month.');
});
