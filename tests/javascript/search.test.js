import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answering } from '../../book/_ext/search.js';

test('a known page is answered from its words, and the rest is fetched', async () => {
  const asked = [];
  const other = (address) => {
    asked.push(address);
    return Promise.resolve(new Response('fetched'));
  };
  const fetch = answering({ part: '<main>words</main>' }, other);
  assert.equal(await (await fetch('./part.html')).text(), '<main>words</main>');
  assert.equal(await (await fetch('toString.html')).text(), 'fetched');
  assert.equal(await (await fetch('searchindex.js')).text(), 'fetched');
  assert.deepEqual(asked, ['toString.html', 'searchindex.js']);
});
