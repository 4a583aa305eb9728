import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { sign, typeset, withUnit } from '../../storagelab/widgets/scripts/math_peek.js';
import { fakeDocument } from './fakes.js';

beforeEach(() => {
  globalThis.document = fakeDocument();
  globalThis.window = {};
});

afterEach(() => {
  delete globalThis.document;
  delete globalThis.window;
});

test('a sign has what follows the underscore as its subscript', () => {
  const [letter, below] = sign('t_open').children;
  assert.equal(letter, 't');
  assert.deepEqual([below.tag, below.children], ['sub', ['open']]);
  assert.deepEqual(sign('B').children, ['B']);
});

test('a number keeps its unit beside it, and a plain number or words have none', () => {
  assert.equal(withUnit('2.09', 's'), '2.09\u00a0s');
  assert.equal(withUnit('20', '%'), '20%');
  assert.equal(withUnit('50', ''), '50');
  assert.equal(withUnit('without end', ''), 'without end');
});

test('JupyterLab sets the equation itself', async () => {
  const set = [];
  const latexTypesetter = { typeset: async (place) => set.push(place) };
  window.MathJax = { typesetPromise: () => assert.fail('the page must not be asked') };
  await typeset({ widget_manager: { _rendermime: { latexTypesetter } } }, 'place');
  assert.deepEqual(set, ['place']);
});

test('a page is asked for MathJax 3, once that has started', async () => {
  const calls = [];
  window.MathJax = {
    startup: { promise: Promise.resolve().then(() => calls.push('started')) },
    typesetClear: () => calls.push('cleared'),
    typesetPromise: async (places) => calls.push(places),
  };
  await typeset({}, 'place');
  assert.deepEqual(calls, ['started', 'cleared', ['place']]);
});

test('a page is asked for MathJax 2', async () => {
  const set = [];
  const Queue = (...commands) => {
    for (const command of commands) {
      if (Array.isArray(command)) set.push(command[2]);
      else command();
    }
  };
  window.MathJax = { Hub: { Queue } };
  await typeset({}, 'place');
  assert.deepEqual(set, ['place']);
});

test('a page that is still loading is waited for', async () => {
  const waiting = [];
  document.readyState = 'loading';
  window.addEventListener = (event, listener) => waiting.push([event, listener]);
  let done = false;
  const setting = typeset({}, 'place').then(() => {
    done = true;
  });
  await Promise.resolve();
  assert.equal(done, false);
  const [[event, loaded]] = waiting;
  assert.equal(event, 'load');
  loaded();
  await setting;
  assert.equal(done, true);
});
