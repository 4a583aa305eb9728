// Reads a table of recorded states: what each trait is in each state, from columns of distinct values
// and of codes. storagelab/widgets/recorded/tables.py writes it.

// What a string in a script can't have is written as the escape and a character that lies elsewhere:
// from where to where, and how far it was moved.
const ESCAPE = 0xfff0;
const MOVED = [
  [0x0000, 0x005f, 0x100],
  [0x2028, 0x2029, 0x1000],
  [0xd800, 0xdfff, -0x8000],
  [0xfeff, 0xfeff, -0x8000],
  [0xfff0, 0xffff, -0xf000],
];

function movedBack(unit) {
  const [, , by] = MOVED.find(([first, last, far]) => unit - far >= first && unit - far <= last);
  return unit - by;
}

// The bytes behind a text: two to a character, the lower one first, behind a "b" where their number is
// odd.
export function bytesOf(text) {
  const bytes = new Uint8Array(2 * text.length);
  let count = 0;
  for (let at = 1; at < text.length; at += 1) {
    let unit = text.charCodeAt(at);
    if (unit === ESCAPE) {
      at += 1;
      unit = movedBack(text.charCodeAt(at));
    }
    bytes[count] = unit & 255;
    bytes[count + 1] = unit >> 8;
    count += 2;
  }
  return bytes.subarray(0, text[0] === 'b' ? count - 1 : count);
}

export async function unzipped(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The codes of `count` states at `from`, of so many bytes each, all lowest bytes first. They are
// written as how far each lies below the next new one, or as steps from one to the next.
export function codesOf(whole, from, count, width, steps) {
  const codes = new Uint32Array(count);
  let fresh = 0;
  let last = 0;
  for (let at = 0; at < count; at += 1) {
    let number = 0;
    for (let byte = 0; byte < width; byte += 1) {
      number += whole[from + byte * count + at] * 256 ** byte;
    }
    if (steps) {
      last += number % 2 ? -(number + 1) / 2 : number / 2;
      codes[at] = last;
    } else {
      codes[at] = fresh - number;
      if (number === 0) fresh += 1;
    }
  }
  return codes;
}

// A row of numbers from its digits' differences, taken `order` times along points that have the same
// power of ten; `runs` are these powers, each with how many points have it.
export function curveOf(order, runs, row) {
  const found = [];
  let begin = 0;
  for (let at = 0; at < runs.length; at += 2) {
    const [power, count] = [runs[at], runs[at + 1]];
    const digits = row.slice(begin, begin + count);
    for (let time = 0; time < order; time += 1) {
      for (let place = 1; place < count; place += 1) digits[place] += digits[place - 1];
    }
    // a text is read as the nearest number, and a product wouldn't be
    for (const item of digits) found.push(Number(`${item}e${power}`));
    begin += count;
  }
  return found;
}

// A table from its unpacked bytes: a head in JSON, and behind it the codes of each column.
export function tableOf(whole) {
  const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(whole.subarray(4, 4 + length)));
  let from = 4 + length;
  const columns = head.columns.map(([axes, width, steps, curves, values]) => {
    const count = axes.reduce((product, axis) => product * head.shape[axis], 1);
    const codes = codesOf(whole, from, count, width, steps);
    from += count * width;
    return { axes, values, curves, codes };
  });
  return { shape: head.shape, nodes: head.nodes, columns };
}

const valueAt = ({ values, curves }, code) =>
  curves ? curveOf(values[0], values[1][code], values[2][code]) : values[code];

const codeIn = (table, column, state) => {
  let at = 0;
  for (const axis of column.axes) at = at * table.shape[axis] + state[axis];
  return column.codes[at];
};

function made(table, node, state) {
  if (typeof node === 'number') {
    const column = table.columns[node];
    return valueAt(column, codeIn(table, column, state));
  }
  const [kind, parts] = node;
  const pieces = parts.map((part) => made(table, part, state));
  return kind === 'text' ? pieces.join('') : pieces.filter((piece) => piece !== null);
}

function codes(table, node, state, found) {
  if (typeof node === 'number') found.push(node, codeIn(table, table.columns[node], state));
  else for (const part of node[1]) codes(table, part, state, found);
  return found;
}

const nodeOf = (table, trait, choice) => {
  const ways = table.nodes[trait];
  return ways.length > 1 ? ways[choice] : ways[0];
};

// What a trait is in a state, with the choice of its own figure.
export function valueIn(table, trait, state, choice = 0) {
  return made(table, nodeOf(table, trait, choice), state);
}

// A text that is another one where the trait is.
export function markIn(table, trait, state, choice = 0) {
  return codes(table, nodeOf(table, trait, choice), state, []).join();
}
