import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrive } from '../../book/_ext/arriving.js';

function pageWith(type, hash = '') {
  const names = new Set();
  const later = [];
  return {
    names,
    later,
    location: { hash },
    performance: { getEntriesByType: () => (type ? [{ type }] : []) },
    document: {
      documentElement: {
        classList: { add: (name) => names.add(name), remove: (name) => names.delete(name) },
      },
    },
    addEventListener: (_event, then) => later.push(then),
    requestAnimationFrame: (then) => later.push(then),
    setTimeout: (then) => later.push(then),
  };
}

test('what is below waits until the loaded page has been painted', () => {
  const page = pageWith('navigate');
  arrive(page);
  assert.deepEqual([...page.names], ['storagelab-arriving']);
  for (const _step of ['load', 'frame']) {
    page.later.shift()();
    assert.equal(page.names.size, 1);
  }
  page.later.shift()();
  assert.equal(page.names.size, 0);
});

test('who comes for a place, or back to one, gets the whole page', () => {
  for (const [type, hash] of [
    ['navigate', '#fig-wall'],
    ['reload', ''],
    ['back_forward', ''],
    [undefined, ''],
  ]) {
    const page = pageWith(type, hash);
    arrive(page);
    assert.equal(page.names.size, 0, `${type} ${hash}`);
  }
});
