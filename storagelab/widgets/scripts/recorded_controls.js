// The rules of a workbench's controls: what a typed number, a pasted line or a preset sets. What they
// are held against comes from Python, in storagelab/widgets/recorded/page.py.

// The position that a typed number means on a scale that stands at `present`: the nearest one, and at
// least one further in its direction, so that the field's own arrows never get stuck. `cuts` are the
// numbers between two values up to which the lower one is nearer.
export function snapped({ values, cuts }, typed, present) {
  if (Number.isNaN(typed) || typed === null) return present;
  const meant = cuts.filter((cut) => cut < typed).length;
  const asked = Math.min(Math.max(typed, values[0]), values[values.length - 1]);
  if (meant !== present || asked === values[present]) return meant;
  return present + (asked > values[present] ? 1 : -1);
}

const LITERAL =
  /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(True|False)|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))\s*/y;

function literalAt(text, from) {
  LITERAL.lastIndex = from;
  const found = LITERAL.exec(text);
  if (!found) return null;
  const [whole, single, double, truth, number] = found;
  const quoted = single ?? double;
  const value = quoted ?? (truth ? truth === 'True' : Number(number));
  return { value, end: from + whole.length };
}

// The entries of a line such as "decision = {'interval_minutes': 30}", or null for any other line.
export function entriesOf(line) {
  const body = /^\s*(?:decision\s*=)?\s*\{(.*)\}\s*$/s.exec(line)?.[1];
  if (body === undefined) return null;
  const found = {};
  let at = 0;
  while (body.slice(at).trim()) {
    const key = literalAt(body, at);
    if (!key || typeof key.value !== 'string' || body[key.end] !== ':') return null;
    const item = literalAt(body, key.end + 1);
    if (!item) return null;
    found[key.value] = item.value;
    if (item.end < body.length && body[item.end] !== ',') return null;
    at = item.end + 1;
  }
  return found;
}

const close = (one, other) =>
  Math.abs(one - other) <= 1e-9 * Math.max(Math.abs(one), Math.abs(other));

function positionOf(control, value) {
  if (control.kind !== 'scale') {
    const at = control.values.indexOf(value);
    return at < 0 ? null : { at, exact: true };
  }
  const { values, cuts } = control;
  if (typeof value !== 'number') return null;
  if (value < values[0] || value > values[values.length - 1]) return null;
  const at = cuts.filter((cut) => cut < value).length;
  const exact = close(values[at], value);
  // what has names is a thing that one can have, and nothing lies between two of them
  return control.labelled && !exact ? null : { at, exact };
}

// Where a line sets the controls: positions by the controls' numbers, and whether these are exactly
// what it says. Null for a line that isn't one of this workbench's.
export function restored(line, controls) {
  const entries = entriesOf(line);
  const decided = controls.flatMap((control, index) => (control.decided ? [index] : []));
  if (!entries || Object.keys(entries).length !== decided.length) return null;
  const positions = new Map();
  let exact = true;
  for (const index of decided) {
    const control = controls[index];
    if (!Object.hasOwn(entries, control.answer)) return null;
    const found = positionOf(control, entries[control.answer]);
    if (!found) return null;
    positions.set(index, found.at);
    exact &&= found.exact;
  }
  return { positions, exact };
}

// The table that has a state, and which controls have to go back for it. `slices` say where the
// controls stand that don't move in each, `moved` is what was set just now. Where no table has all of
// it, what was set stays, and of the tables that have that the one is taken that sets back the least.
export function sliceFor(slices, state, moved) {
  const conflicts = slices.map((fixed) =>
    Object.entries(fixed)
      .filter(([control, at]) => state[control] !== at)
      .map(([control, at]) => [Number(control), at]),
  );
  const sets = (found) => found.filter(([control]) => moved.has(control)).length;
  let best = 0;
  conflicts.forEach((found, index) => {
    const [more, least] = [sets(found), sets(conflicts[best])];
    if (more < least || (more === least && found.length < conflicts[best].length)) best = index;
  });
  return { slice: best, back: conflicts[best] };
}

// The number of a combination of choices among those that are recorded; the first one's otherwise.
export function wayOf(ways, indices) {
  const found = ways.findIndex((way) => way.every((index, at) => index === indices[at]));
  return Math.max(found, 0);
}

// The choices of a unit that have to go back for the one that was moved, if their combination isn't
// recorded: positions by the choices' numbers, which begin behind the controls' numbers.
export function strayed(unit, state, controls, moved) {
  const indices = unit.choices.map((choice) => (choice === null ? 0 : state[controls + choice]));
  if (unit.ways.some((way) => way.every((index, at) => index === indices[at]))) return [];
  return unit.choices.flatMap((choice, at) =>
    moved.has(controls + choice) || indices[at] === unit.ways[0][at]
      ? []
      : [[controls + choice, unit.ways[0][at]]],
  );
}
