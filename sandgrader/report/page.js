// What the report's tables can do: be sorted by any column, show their first rows alone, and find
// a student. Everything is on the page without it, in the order in which it was written.

/** Rows that a long table shows before it is asked for all of them. */
export const FIRST = 25;

const words = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Returns what a cell is sorted by: a number, a text, or null where nothing is known. */
export function keyOf(text, number) {
  if (number !== undefined) return Number(number);
  const said = text.trim();
  if (said === '' || said === '–') return null;
  return Number.isNaN(Number(said)) ? said : Number(said);
}

function compare(one, other) {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return words.compare(String(one), String(other));
}

/** Returns the places of `keys` in order; what isn't known is last, up or down. */
export function order(keys, descending) {
  const known = [...keys.keys()].filter((place) => keys[place] !== null);
  const sign = descending ? -1 : 1;
  known.sort((one, other) => sign * compare(keys[one], keys[other]) || one - other);
  return [...known, ...[...keys.keys()].filter((place) => keys[place] === null)];
}

/** Returns whether all words that are looked for stand in a text. */
export function matches(text, wanted) {
  const said = text.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word));
}

function sortBy(table, place, descending) {
  const [body] = table.tBodies;
  const rows = [...body.rows];
  const keys = rows.map((row) => keyOf(row.cells[place].textContent, row.cells[place].dataset.by));
  body.append(...order(keys, descending).map((at) => rows[at]));
}

function makeSortable(document, table, say) {
  const heads = [...table.tHead.rows[0].cells];
  for (const [place, head] of heads.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const now = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
      for (const one of heads) one.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', now);
      sortBy(table, place, now === 'descending');
      say(`Sorted by ${button.textContent}, ${now}.`);
    });
  }
}

function makeFoldable(document, table) {
  const rows = table.tBodies[0].rows.length;
  if (rows <= FIRST) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'all';
  const show = (all) => {
    table.classList.toggle('first', !all);
    button.setAttribute('aria-expanded', String(all));
    button.textContent = all ? `Show the first ${FIRST} rows` : `Show all ${rows} rows`;
  };
  button.addEventListener('click', () => show(button.getAttribute('aria-expanded') !== 'true'));
  show(false);
  table.parentElement.after(button);
}

function makeFindable(document, tables, say) {
  const field = document.getElementById('find');
  if (!field) return;
  field.parentElement.hidden = false;
  const opened = new Set();
  field.addEventListener('input', () => {
    const wanted = field.value.trim();
    document.body.classList.toggle('finding', wanted !== '');
    const found = new Set();
    for (const table of tables) {
      let any = false;
      for (const row of table.tBodies[0].rows) {
        const who = `${row.cells[0].textContent} ${row.cells[1].textContent}`;
        const fits = matches(who, wanted);
        row.hidden = !fits;
        any ||= fits;
        if (fits) found.add(who);
      }
      table.closest('.figure').hidden = !any;
      const folded = table.closest('details');
      if (folded && wanted && any && !folded.open) opened.add(folded);
      if (folded && opened.has(folded)) folded.open = wanted !== '' && any;
    }
    if (!wanted) opened.clear();
    say(wanted ? `${found.size} found.` : '');
  });
}

/** Gives a page's tables what they can do. */
export function start(document) {
  const status = document.getElementById('status');
  const say = (text) => {
    status.textContent = text;
  };
  const tables = [...document.querySelectorAll('main table')];
  for (const table of tables) {
    if (table.tBodies[0].rows.length > 1) makeSortable(document, table, say);
    makeFoldable(document, table);
  }
  makeFindable(
    document,
    tables.filter((table) => 'persons' in table.dataset),
    say,
  );
}

if (globalThis.document) start(globalThis.document);
