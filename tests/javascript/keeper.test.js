import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keeper } from '../../sandgrader/marking/page/keeper.js';

const PREFIX = 'mark:here:';

class Store extends Map {
  get length() {
    return this.size;
  }
  key(at) {
    return [...this.keys()][at];
  }
  getItem(name) {
    return this.get(name) ?? null;
  }
  setItem(name, text) {
    this.set(name, text);
  }
  removeItem(name) {
    this.delete(name);
  }
}

// A server that says yes, or whatever `answers` has next; what was sent is in `sent`.
function bench(answers = [], store = new Store()) {
  const sent = [];
  const heard = [];
  const waits = [];
  const mark = { points: null, comment: '' };
  const keeper = new Keeper({
    store,
    prefix: PREFIX,
    say: (what, id, details) => heard.push([what, id, details]),
    later: (task) => waits.push(task),
    send: async (id, change, seen) => {
      sent.push({ id, change, seen });
      const answer = answers.shift() ?? { status: 200 };
      if (answer.status === 200) Object.assign(mark, change);
      return { mark: { ...mark }, ...answer };
    },
  });
  return { keeper, sent, heard, waits, store };
}

test('a change is in the store before it is sent and leaves it when it is written', async () => {
  const { keeper, store, sent } = bench();
  keeper.learn('a', { points: 2, comment: 'x' });
  keeper.change('a', { points: 3 });
  assert.deepEqual(JSON.parse(store.get(`${PREFIX}a`)).change, { points: 3 });
  assert.equal(keeper.shown('a').points, 3);
  await keeper.flush('a');
  assert.deepEqual(sent, [{ id: 'a', change: { points: 3 }, seen: { points: 2, comment: 'x' } }]);
  assert.equal(store.size, 0);
});

test('a change made while another is sent is sent behind it, by what was written then', async () => {
  const { keeper, sent, heard } = bench();
  keeper.learn('a', { points: null, comment: '' });
  keeper.change('a', { points: 3 });
  const sending = keeper.flush('a');
  keeper.change('a', { comment: 'late' });
  await Promise.all([sending, keeper.flush('a')]);
  assert.deepEqual(sent[1], {
    id: 'a',
    change: { points: 3, comment: 'late' },
    seen: { points: 3, comment: '' },
  });
  assert.equal(heard.filter(([what]) => what === 'saved').length, 1);
});

test('who asks for a change to be sent that is on its way waits for it', async () => {
  const { keeper, sent, store } = bench();
  keeper.learn('a', { points: null, comment: '' });
  keeper.change('a', { points: 3 });
  keeper.flush('a');
  await keeper.flush('a');
  assert.equal(sent.length, 1);
  assert.equal(store.size, 0);
});

test('what a server doesn’t take is kept and sent again', async () => {
  const { keeper, sent, waits, heard, store } = bench([{ status: 0, error: 'gone' }]);
  keeper.learn('a', { points: null, comment: '' });
  keeper.change('a', { points: 3 });
  await keeper.flush('a');
  assert.deepEqual(heard.at(-1), ['waiting', 'a', 'gone']);
  assert.equal(store.size, 1);
  waits[0]();
  await keeper.flushAll();
  assert.equal(sent.length, 2);
});

test('a page that is opened later sends what an earlier one kept, and no other marker’s', async () => {
  const store = new Store();
  store.set('mark:there:a', '{"change": {"points": 1}, "seen": {}}');
  store.set(`${PREFIX}b`, '{"change": {"points": 2}, "seen": {"points": null, "comment": ""}}');
  store.set(`${PREFIX}c`, 'not JSON');
  const { keeper, sent } = bench([], store);
  await keeper.flushAll();
  assert.deepEqual(
    sent.map(({ id }) => id),
    ['b'],
  );
  assert.ok(store.has('mark:there:a'));
});

test('somebody else’s mark stops it until the marker says which one counts', async () => {
  const theirs = { points: 1, comment: 'theirs' };
  for (const mine of [false, true]) {
    const { keeper, sent, store } = bench([{ status: 409, mark: theirs }]);
    keeper.learn('a', { points: null, comment: '' });
    keeper.change('a', { points: 6 });
    await keeper.flush('a');
    await keeper.flush('a');
    assert.equal(sent.length, 1);
    assert.deepEqual(keeper.conflicts.get('a'), theirs);
    await keeper.settle('a', mine);
    assert.equal(sent.length, mine ? 2 : 1);
    if (mine) assert.deepEqual(sent[1].seen, theirs);
    assert.equal(keeper.shown('a').points, mine ? 6 : 1);
    assert.equal(store.size, 0);
  }
});

test('a change that is refused is told and not sent for ever', async () => {
  const { keeper, heard, store } = bench([{ status: 400, error: 'too many' }]);
  keeper.learn('a', { points: null, comment: '' });
  keeper.change('a', { points: 9 });
  await keeper.flush('a');
  assert.deepEqual(heard.at(-1), ['refused', 'a', 'too many']);
  assert.equal(store.size, 0);
});
