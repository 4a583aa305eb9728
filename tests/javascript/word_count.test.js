import assert from 'node:assert/strict';
import { test } from 'node:test';

import { quoted, sentence, wordsIn } from '../../storagelab/widgets/scripts/word_count.js';

test('words are what white space parts', () => {
  assert.equal(wordsIn(''), 0);
  assert.equal(wordsIn(' \n '), 0);
  assert.equal(wordsIn('The  link\nbinds.\n'), 3);
});

test('only what stands between the quotes is counted', () => {
  const code = 'reflection = """\nThe link binds.\n"""\npart.reflect(reflection)';
  assert.equal(quoted(code).trim(), 'The link binds.');
  assert.equal(quoted("reflection = '''a b'''"), 'a b');
  assert.equal(quoted('reflection = """still being wr'), 'still being wr');
  assert.equal(quoted('reflection = 1'), '');
});

test('a count has the first sentence whose limit is above it, and the last has none', () => {
  const [limits, says] = [
    [10, 40],
    ['Begin.', '{count} so far.', '{count} are enough.'],
  ];
  assert.equal(sentence(9, limits, says), 'Begin.');
  assert.equal(sentence(10, limits, says), '10 so far.');
  assert.equal(sentence(40, limits, says), '40 are enough.');
});
