// The runs that are recorded on a page without a kernel: the list of them, their points, and what
// differs between two. What each came to is told by the table of states; the sentences are Python's.

// What came to a run: its cells in the list, its share in per cent, its cost in the axis' unit, how
// many limits it misses, and what its point says. storagelab/widgets/instruments/ten_runs.py has it.
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

// What differs between two runs as HTML, beside what both came to; `controls` of the cells are
// settings.
export function differenceOf(runs, [one, other], { heads, controls, frame }) {
  if (one === other) return '';
  const names = [`run ${one + 1}`, `run ${other + 1}`];
  const rows = heads.flatMap((head, at) => {
    const cells = [runs[one][CELLS][at], runs[other][CELLS][at]];
    return at >= controls || cells[0] !== cells[1] ? [rowOf([head, ...cells])] : [];
  });
  return filled(frame, { one: names[0], other: names[1], rows: rows.join('') });
}

// The numbers of points, one text for those that would cover each other. `wide` and `high` are a
// letter's width and a row's height in the units of the places.
export function numbered(places, wide, high) {
  const groups = [];
  places.forEach((place, at) => {
    const near = groups.find(
      (group) =>
        Math.abs(group.x - place.x) < wide * (group.runs.length * 2 + 2) &&
        Math.abs(group.y - place.y) < high,
    );
    if (near) {
      near.runs.push(at + 1);
      near.y = Math.max(near.y, place.y);
    } else groups.push({ ...place, runs: [at + 1] });
  });
  return groups.map(({ x, y, runs }) => ({ x, y, text: runs.join(', ') }));
}

// What the marks of the plot of runs become.
export function plotOf(runs, { least, edge, low, high, wide, row, most, frontier }) {
  const span = Math.log(high / low);
  const at = runs.map((run, number) => ({
    x: run[SHARE] >= least ? run[SHARE] : edge,
    cost: run[COST],
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
  const numbers = numbered(places, wide, row);
  const full = runs.length >= most;
  return {
    points: marks(at.filter(({ inside }) => inside)),
    below: marks(at.filter(({ inside }) => !inside)),
    best: { x: best === null ? [] : [at[best].x], y: best === null ? [] : [at[best].cost] },
    numbers: {
      x: numbers.map(({ x }) => x),
      y: numbers.map(({ y }) => low * Math.exp(span * y)),
      text: numbers.map(({ text }) => text),
    },
    frontier: full ? { x: frontier.x, y: frontier.y } : { x: [], y: [] },
    words: `${at.map(({ name }) => name[0].toUpperCase() + name.slice(1)).join('; ')}.${full ? ` ${frontier.words}` : ''}`,
  };
}

// The rows of the plot's table of numbers.
export function rowsOf(runs, controls) {
  return runs.map((run, at) => [
    at + 1,
    ...run[CELLS].slice(0, controls),
    Number(run[SHARE].toPrecision(6)),
    run[COST],
  ]);
}
