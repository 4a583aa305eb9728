import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closure, lasting, rounded, variablesIn } from '../../book/_ext/stills.js';

test('a drawing is exact to a tenth of a pixel', () => {
  assert.equal(rounded('M0.5,6V0.5H606.54321L-12.345678,1e3'), 'M0.5,6V0.5H606.5L-12.3,1e3');
  assert.equal(rounded('translate(123.47077922077922,0)'), 'translate(123.5,0)');
  assert.equal(rounded('M-0.0123,3.00001e-7'), 'M0,0');
});

test('what depends on the moment is left out of a selector', () => {
  assert.equal(lasting('.a:hover, .b'), '.a, .b');
  assert.equal(lasting('.a > :focus-visible'), '.a > *');
  assert.equal(lasting('::after'), '*');
  assert.equal(lasting('.a:not(:disabled) > .b::before'), '.a > .b');
  assert.equal(lasting('.a:first-child:has(> .b)'), '.a:first-child:has(> .b)');
  assert.equal(lasting('input:focus::placeholder'), 'input');
});

test('variables are found with what their values use', () => {
  assert.deepEqual(variablesIn('fill: var(--a, var( --b)); stroke: red'), ['--a', '--b']);
  const values = { '--a': 'var(--c)', '--c': '1px', '--d': '2px', '--e': 'var(--a)' };
  assert.deepEqual([...closure(['--a', '--missing'], values)].sort(), ['--a', '--c']);
  assert.deepEqual([...closure(['--e'], { '--e': 'var(--e)' })], ['--e']);
});
