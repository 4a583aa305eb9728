// The runs that are recorded on a page without a kernel: the list of them, their points, and what
// differs between two. What each came to is told by the table of states; the sentences are Python's.

// What came to a run: its cells in the list, its share in per cent, its cost in SI, how many limits it
// misses, and what its point says. storagelab/widgets/instruments/ten_runs.py has it.
const [CELLS, SHARE, COST, MISSES, SAYS] = [0, 1, 2, 3, 4];

// The number of the cheapest run that meets everything, or null if none does.
export function bestOf(runs) {
  let best = null;
  runs.forEach((run, at) => {
    if (!run[MISSES] && (best === null || run[COST] < runs[best][COST])) best = at;
  });
  return best;
}

// The number of the run that misses the fewest limits, and of those the most useful one.
export function nearestOf(runs) {
  let near = 0;
  runs.forEach((run, at) => {
    const [mine, other] = [run, runs[near]];
    const fewer = mine[MISSES] < other[MISSES];
    if (fewer || (mine[MISSES] === other[MISSES] && mine[SHARE] > other[SHARE])) near = at;
  });
  return near;
}

export const filled = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// What is said of all runs beside the button.
export function verdictOf(runs, says) {
  const used = filled(says.used, { count: runs.length, most: says.most });
  const best = bestOf(runs);
  if (best !== null) return `${used} ${filled(says.best, { run: best + 1 })}`;
  if (!runs.length) return `${used} ${says.none}`;
  if (runs.length < says.most) return `${used} ${says.missed}`;
  return `${used} ${filled(says.closest, { run: nearestOf(runs) + 1 })}`;
}

const escaped = (text) =>
  String(text).replace(
    /[&<>"']/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' })[sign],
  );

const rowOf = ([head, ...cells]) =>
  `<tr><th scope="row">${escaped(head)}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;

// The list as HTML; `frame` has a place for its rows.
export function listOf(runs, frame) {
  const best = bestOf(runs);
  const rows = runs.map((run, at) =>
    rowOf([`${at + 1}${at === best ? ' ◆ best' : ''}`, ...run[CELLS]]),
  );
  return filled(frame, { rows: rows.join('') });
}

export const listed = (names) =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}` : names[0];

// Decimals enough to tell whether a number lies exactly between two shorter ones.
const FAR = 40;

// A number with so many decimals as text. One that lies between two goes to the even one, as in Python.
function withDecimals(value, decimals) {
  const exact = value.toFixed(decimals + FAR);
  const cut = exact.slice(0, -FAR).replace(/\.$/, '');
  const between = /^50*$/.test(exact.slice(-FAR));
  return between && '02468'.includes(cut.at(-1)) ? cut : value.toFixed(decimals);
}

// A number as the first of the forms writes it that is for its size; storagelab/units.py has them.
export function dressed(value, forms) {
  const [, scale, digits, fixed, text] = forms.find(([least]) => Math.abs(value) >= least);
  const scaled = value / scale;
  const power = Number(scaled.toExponential().split('e')[1]);
  const decimals = digits === null ? fixed : Math.max(0, digits - 1 - power);
  const number = Number(withDecimals(scaled, decimals)).toLocaleString('en', {
    minimumFractionDigits: digits === null ? fixed : 0,
    maximumFractionDigits: decimals,
  });
  return filled(text, { number });
}

// The sentence that compares two runs; `states` are where the controls stood.
export function comparisonOf(runs, states, [at, to], says) {
  const [one, other] = [at + 1, to + 1];
  const changes = says.changes.flatMap((change, control) => {
    const [before, now] = [states[at][control], states[to][control]];
    if (!change || before === now) return [];
    const { labels, instead, apart } = change;
    const usual = () => filled(instead, { now: labels[now], before: labels[before] });
    return [apart[`${before},${now}`] ?? usual()];
  });
  if (!changes.length) return filled(says.same, { one, other });
  const points = runs[to][SHARE] - runs[at][SHARE];
  const shown = dressed(Math.abs(points), [says.pointsForm]);
  const cost = runs[to][COST] - runs[at][COST];
  const gained = filled(says.gained, {
    points: shown,
    noun: says.nouns[Number(shown !== '1')],
    more: says.more[Number(points > 0)],
    useful: says.useful,
  });
  const paid = () =>
    filled(says.paid, {
      cost: dressed(Math.abs(cost), says.costForms),
      more: says.more[Number(cost > 0)],
    });
  return filled(says.compared, {
    one,
    other,
    changes: listed(changes),
    gained: Math.abs(points) >= says.noPoints ? gained : says.sameUse,
    paid: Math.abs(cost) > says.noCost * runs[at][COST] ? paid() : says.sameCost,
  });
}

// What is said of two runs as HTML: the sentence, and a table of the settings that differ and of what
// both came to.
export function differenceOf(runs, states, pair, says) {
  const [at, to] = pair;
  const rows = says.heads.flatMap((head, cell) => {
    const change = says.changes[cell]; // what comes behind the settings has none
    const same = cell < says.changes.length && (!change || states[at][cell] === states[to][cell]);
    return same ? [] : [rowOf([head, runs[at][CELLS][cell], runs[to][CELLS][cell]])];
  });
  const sentence = filled(says.caption, { text: escaped(comparisonOf(runs, states, pair, says)) });
  return sentence + filled(says.frame, { one: at + 1, other: to + 1, rows: rows.join('') });
}

// The numbers of a group of runs, such as "1, 3–5".
export function spanned(group) {
  const parts = [];
  for (const at of group) {
    const last = parts[parts.length - 1];
    if (last && last[1] === at - 1) last[1] = at;
    else parts.push([at, at]);
  }
  return parts
    .map(([from, to]) => (from === to ? `${from + 1}` : `${from + 1}–${to + 1}`))
    .join(', ');
}

// The runs' numbers, placed so that none covers another or another's point: those that would are
// joined, above the highest of their points. `room` has the ends of the axis, a letter's width, a
// row's height, and half a point's size, in the units of the places.
export function numbered(places, room) {
  const groups = places.map((_, at) => [at]);
  const named = (group) => {
    const text = spanned(group);
    const half = (room.wide * (text.length + 1)) / 2;
    const mean = group.reduce((sum, at) => sum + places[at].x, 0) / group.length;
    const x = Math.min(Math.max(mean, room.begin + half), room.end - half);
    return { x, y: Math.max(...group.map((at) => places[at].y)), text, group };
  };
  const covers = (name, group) => {
    const half = (room.wide * (name.text.length + 1)) / 2 + room.point[0];
    return group.some(
      (at) =>
        Math.abs(name.x - places[at].x) < half &&
        Math.abs(name.y + room.row - places[at].y) < room.row / 2 + room.point[1],
    );
  };
  const meet = (one, other) => {
    const apart = (room.wide * (one.text.length + other.text.length + 2)) / 2;
    const over = Math.abs(one.x - other.x) < apart && Math.abs(one.y - other.y) < room.row;
    return over || covers(one, other.group) || covers(other, one.group);
  };
  for (;;) {
    const names = groups.map(named);
    const first = names.findIndex((one, at) =>
      names.slice(at + 1).some((other) => meet(one, other)),
    );
    if (first < 0) return names;
    const second = names.findIndex((other, at) => at > first && meet(names[first], other));
    groups[first] = [...groups[first], ...groups[second]].sort((one, other) => one - other);
    groups.splice(second, 1);
  }
}

// What the marks of the plot of runs become.
export function plotOf(runs, plot) {
  const { least, edge, low, high, scale, most, frontier } = plot;
  const span = Math.log(high / low);
  const at = runs.map((run, number) => ({
    x: run[SHARE] >= least ? run[SHARE] : edge,
    cost: run[COST] / scale,
    name: `run ${number + 1}: ${run[SAYS]}`,
    inside: run[SHARE] >= least,
  }));
  const marks = (shown) => ({
    x: shown.map(({ x }) => x),
    y: shown.map(({ cost }) => cost),
    names: shown.map(({ name }) => name),
  });
  const best = bestOf(runs);
  const places = at.map(({ x, cost }) => ({ x, y: Math.log(cost / low) / span }));
  const numbers = numbered(places, plot);
  const full = runs.length >= most;
  const told = at.map(({ name }) => name).join('; ');
  const left = at.flatMap(({ inside }, number) => (inside ? [] : [number]));
  const words = [`${told[0].toUpperCase()}${told.slice(1)}.`];
  if (left.length) words.push(filled(plot.atTheEdge, { least, runs: spanned(left) }));
  if (full) words.push(frontier.words);
  return {
    points: marks(at.filter(({ inside }) => inside)),
    below: marks(at.filter(({ inside }) => !inside)),
    best: { x: best === null ? [] : [at[best].x], y: best === null ? [] : [at[best].cost] },
    numbers: {
      x: numbers.map(({ x }) => x),
      y: numbers.map(({ y }) => low * Math.exp(span * y)),
      text: numbers.map(({ text, group }) =>
        group.some((number) => !at[number].inside) ? `◂${text}` : text,
      ),
    },
    frontier: full ? { x: frontier.x, y: frontier.y } : { x: [], y: [] },
    words: words.join(' '),
  };
}

// The rows of the plot's table of numbers.
export function rowsOf(runs, states, controls, scale) {
  const setting = ({ kind, values }, at, cell) => (kind === 'scale' ? values[at] : cell);
  return runs.map((run, at) => [
    at + 1,
    ...controls.map((control, of) => setting(control, states[at][of], run[CELLS][of])),
    Number(run[SHARE].toPrecision(6)),
    Number((run[COST] / scale).toPrecision(6)),
  ]);
}
