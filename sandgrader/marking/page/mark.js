import { Keeper } from './keeper.js';

const TYPED = 400; // milliseconds without a key until a comment is sent
const HALF = 0.5; // points by which + and - move

const $ = (id) => document.getElementById(id);
const points = (number) => `${number} ${number === 1 ? 'point' : 'points'}`;

// --- the server

// The token comes in the address once and then stays with this tab.
if (location.hash.length > 1) {
  sessionStorage.setItem('token', location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
}

async function ask(path, options = {}) {
  const headers = { Authorization: `token ${sessionStorage.getItem('token') ?? ''}` };
  if (options.body) headers['Content-Type'] = 'application/json';
  try {
    const answer = await fetch(`api/${path}`, { ...options, headers });
    return { status: answer.status, ...(await answer.json()) };
  } catch {
    return { status: 0, error: 'The server of this page doesn’t answer. Start it again.' };
  }
}

const put = (path, body, more = {}) =>
  ask(path, { method: 'PUT', body: JSON.stringify(body), ...more });

// --- what is shown

// Whatever is pressed while an answer is on its way is meant for that answer.
let turn = Promise.resolve();

function inTurn(task) {
  turn = turn.then(task).catch((problem) => tell(`Something went wrong: ${problem.message}`, true));
  return turn;
}

let pile; // all questions and answers
let keeper;
let question; // of the pile, with what `api/questions` says of it
let order = []; // the answers that are gone through, by the filter
let at = 0;
let settling = false; // whether what two markers gave is shown
let asked = 0; // so that an answer that comes late isn't shown in another's place
const texts = new Map(); // what students wrote, asked for one ahead
const undone = []; // what to go back to

const current = () => order[at];

function stop(words) {
  $('stopped').textContent = words;
  $('stopped').hidden = false;
  $('desk').hidden = true;
}

function tell(words, waits = false) {
  $('status').textContent = words;
  $('status').classList.toggle('waits', waits);
}

function heard(what, id, details) {
  const here = current()?.id === id;
  if (what === 'saved') {
    const line = pile.questions.flatMap((item) => item.answers).find((item) => item.id === id);
    const mark = keeper.shown(id);
    if (line) {
      line.marked = pile.second === null ? !mark.waits : mark.points !== null;
      line.mine = line.mine || mark.marker === pile.marker;
    }
    showProgress();
    if (here) tell(mark.points === null ? 'Saved.' : `${points(mark.points)}, saved.`);
  } else if (what === 'saving') {
    if (here) tell('Saving …');
  } else if (what === 'conflict') {
    if (here) showConflict();
    else tell('An answer was marked by somebody else meanwhile: go back to it.', true);
  } else {
    const kept = what === 'waiting' ? ' What you gave is kept here and sent again.' : '';
    tell(`Not saved. ${details ?? ''}${kept}`, true);
  }
}

function showProgress() {
  const all = pile.questions.flatMap((item) => item.answers);
  const done = all.filter((item) => item.marked).length;
  $('done').textContent = `${done} of ${all.length}`;
  $('bar').max = all.length;
  $('bar').value = done;
  for (const [place, item] of pile.questions.entries()) {
    const marked = item.answers.filter((answer) => answer.marked).length;
    $('question').options[place].textContent = `${item.name} (${marked} of ${item.answers.length})`;
  }
}

function fits(line) {
  const filter = $('filter').value;
  if (filter === 'unmarked') return !line.marked;
  if (filter === 'flagged') return line.flagged;
  if (filter === 'mine') return line.mine;
  return true;
}

async function openQuestion(place, id = null) {
  const chosen = pile.questions[place];
  const said = await ask(`questions/${chosen.id}`);
  if (said.status !== 200) {
    stop(said.error);
    return;
  }
  question = { ...chosen, ...said, place };
  $('question').selectedIndex = place;
  $('asked-text').innerHTML = said.question;
  $('asked').hidden = !said.question;
  $('scheme').innerHTML = said.rubric || '<p class="note">There is no mark scheme.</p>';
  $('solution').innerHTML = said.solution;
  $('reference').hidden = !said.solution;
  $('of').textContent = `of ${said.most}`;
  $('points').max = said.most;
  $('choices').replaceChildren(
    ...said.choices.map((item) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = item.points;
      button.className = item.level ? 'level' : '';
      button.dataset.points = item.points;
      if (item.key) button.setAttribute('aria-keyshortcuts', item.key);
      if (item.key && item.key !== String(item.points)) {
        const key = document.createElement('kbd');
        key.textContent = item.key;
        button.append(' ', key);
      }
      button.addEventListener('click', () => inTurn(() => give(item.points)));
      return button;
    }),
  );
  showPhrases();
  filterAnswers(id);
  await show();
}

function filterAnswers(id) {
  order = question.answers.filter((line) => fits(line) || line.id === id);
  at = Math.max(
    0,
    order.findIndex((line) => line.id === id),
  );
}

function textOf(id) {
  if (!texts.has(id)) {
    const asking = ask(`answers/${id}/text`);
    texts.set(id, asking);
    asking.then((said) => said.status !== 200 && texts.delete(id));
  }
  return texts.get(id);
}

function enable(whether) {
  for (const name of ['name', 'flag', 'comment', 'points']) $(name).disabled = !whether;
  for (const button of $('choices').children) button.disabled = !whether;
}

async function show() {
  const line = current();
  const mine = ++asked;
  delete document.body.dataset.shown;
  tell('');
  $('conflict').hidden = true;
  $('both').hidden = true;
  enable(false);
  hideName();
  $('beside').hidden = true;
  if (!line) {
    $('place').textContent = 'No answer is left here';
    $('words').textContent = '';
    $('answer').innerHTML = '<p class="note">Choose another question, or show all.</p>';
    $('comment').value = '';
    $('points').value = '';
    return;
  }
  sessionStorage.setItem('place', JSON.stringify([question.id, line.id]));
  const [text, said] = await Promise.all([
    textOf(line.id),
    ask(`answers/${line.id}/mark${settling ? '?settling=yes' : ''}`),
  ]);
  if (mine !== asked) return;
  const wrong = [text, said].find((item) => item.status !== 200);
  if (wrong) {
    tell(wrong.error, true);
    return;
  }
  enable(true);
  keeper.learn(line.id, said.mark);
  $('place').textContent = `Answer ${at + 1} of ${order.length}`;
  $('words').textContent = text.words ? `${text.words} words` : '';
  $('answer').innerHTML = text.answer;
  $('numbers').replaceChildren(
    ...text.beside.flatMap(([name, words]) => {
      const [term, value] = [document.createElement('dt'), document.createElement('dd')];
      term.textContent = name;
      value.textContent = words;
      return [term, value];
    }),
  );
  $('beside').hidden = text.beside.length === 0;
  $('comment').placeholder = said.mark.automatic;
  showBoth(said.both);
  showMark(true);
  if (said.mark.waits && said.mark.points !== null) {
    tell(`Graded again since it had ${points(said.mark.points)}: give points anew.`);
  }
  if (keeper.conflicts.has(line.id)) showConflict();
  $('flag').setAttribute('aria-pressed', String(line.flagged));
  $('work').scrollTop = 0;
  document.body.dataset.shown = line.id; // what is there is this answer's
  const given = keeper.shown(line.id).points;
  $('now').textContent = [
    $('place').textContent,
    $('words').textContent,
    given === null ? 'not marked' : points(given),
  ]
    .filter(Boolean)
    .join(', ');
  const ahead = order[at + 1];
  if (ahead) textOf(ahead.id);
}

function showMark(withComment) {
  const mark = keeper.shown(current().id);
  $('points').value = mark.points ?? '';
  if (withComment) $('comment').value = mark.comment ?? '';
  for (const button of $('choices').children) {
    button.setAttribute('aria-pressed', String(Number(button.dataset.points) === mark.points));
  }
}

function showBoth(both) {
  if (!both) return;
  $('both').hidden = false;
  const words = Object.entries(both).map(
    ([role, mark]) =>
      `${role}: ${mark.points ?? 'nothing'} by ${mark.marker}${mark.comment ? ` (“${mark.comment}”)` : ''}`,
  );
  $('both').textContent = `${words.join('; ')}. What you give now counts.`;
}

function showConflict() {
  const now = keeper.conflicts.get(current().id);
  const who = now.marker || 'somebody else, in formgrader or here';
  const theirs = now.points === null ? 'no points' : points(now.points);
  const words = now.comment ? ` and the comment “${now.comment}”` : '';
  $('conflict-words').textContent =
    `Meanwhile ${who} gave ${theirs}${words}. Yours is not written: which one counts?`;
  $('conflict').hidden = false;
  tell('');
}

function showPhrases() {
  $('reuse').hidden = question.phrases.length === 0;
  $('phrases').replaceChildren(
    ...question.phrases.map(({ text, uses }, place) => {
      const [item, button] = [document.createElement('li'), document.createElement('button')];
      const [key, words, times] = ['kbd', 'span', 'span'].map((tag) => document.createElement(tag));
      button.type = 'button';
      key.textContent = place + 1;
      words.textContent = text;
      times.textContent = `${uses}×`;
      times.className = 'uses';
      button.append(key, words, times);
      button.addEventListener('click', () => inTurn(() => reuse(place)));
      item.append(button);
      return item;
    }),
  );
}

// --- what a marker does

function change(what) {
  const { id } = current();
  const { points = null, comment = '' } = keeper.shown(id);
  const before = Object.fromEntries(
    Object.entries({ points, comment }).filter(([name]) => name in what),
  );
  const last = undone.at(-1);
  // a comment that is being written is one step back
  if (!('comment' in what && last?.id === id && 'comment' in last.before && last.open)) {
    undone.push({ id, question: question.place, before, open: 'comment' in what });
  }
  keeper.change(id, what);
}

function give(number) {
  const line = current();
  if (!line) return;
  change({ points: number });
  showMark(false);
  keeper.flush(line.id);
}

function nudge(by) {
  const now = keeper.shown(current().id).points ?? 0;
  give(Math.min(question.most, Math.max(0, now + by)));
}

let typing;

function comment(text) {
  const { id } = current();
  change({ comment: text });
  clearTimeout(typing);
  typing = setTimeout(() => keeper.flush(id), TYPED);
}

function reuse(place) {
  if (!current() || !question.phrases[place]) return;
  const { text } = question.phrases[place];
  const before = $('comment').value.trimEnd();
  $('comment').value = before ? `${before}\n${text}` : text;
  endComment();
  comment($('comment').value);
  endComment();
  $('work').focus({ preventScroll: true });
}

function endComment() {
  const last = undone.at(-1);
  if (last) last.open = false;
}

async function leave() {
  clearTimeout(typing);
  endComment();
  const line = current();
  if (!line) return;
  const commented = 'comment' in (keeper.pending.get(line.id)?.change ?? {}) || line.commented;
  const flushed = keeper.flush(line.id);
  if (commented) {
    await flushed;
    line.commented = false;
    const said = await ask(`questions/${question.id}`);
    if (said.status === 200) {
      question.phrases = said.phrases;
      showPhrases();
    }
  }
}

async function go(to) {
  leave();
  settling = false;
  if (to < 0) {
    if (question.place > 0) await openQuestion(question.place - 1);
    return;
  }
  if (to >= order.length) {
    const left = pile.questions.findIndex(
      (item, place) => place !== question.place && item.answers.some(fits),
    );
    if (left < 0) {
      tell('This was the last answer of the pile.');
      return;
    }
    await openQuestion(left);
    tell(`That question is done. This is ${question.name}.`);
    return;
  }
  at = to;
  await show();
}

function goUnmarked() {
  const ahead = order.findIndex((line, place) => place > at && !line.marked);
  return go(ahead < 0 ? order.length : ahead);
}

async function goTo(place, id) {
  leave();
  if (question.place !== place || !order.some((line) => line.id === id)) {
    await openQuestion(place, id);
    return;
  }
  at = order.findIndex((line) => line.id === id);
  await show();
}

async function undo() {
  const last = undone.pop();
  if (!last) {
    tell('There is nothing to undo.');
    return;
  }
  clearTimeout(typing);
  if (current()?.id !== last.id) await goTo(last.question, last.id);
  keeper.change(last.id, last.before);
  showMark(true);
  await keeper.flush(last.id);
}

async function toggleFlag() {
  const line = current();
  if (!line) return;
  const said = await put(`answers/${line.id}/flag`, { flagged: !line.flagged });
  if (said.status !== 200) {
    tell(said.error, true);
    return;
  }
  line.flagged = said.flagged;
  $('flag').setAttribute('aria-pressed', String(line.flagged));
  tell(line.flagged ? 'Flagged, as in formgrader.' : 'The flag is gone.');
}

function hideName() {
  $('name').firstChild.data = 'Show the name ';
  $('name').removeAttribute('data-name');
}

async function toggleName() {
  const line = current();
  if (!line) return;
  if ($('name').dataset.name) {
    hideName();
    return;
  }
  const said = await ask(`answers/${line.id}/name`);
  if (current() !== line || said.status !== 200) return;
  $('name').firstChild.data = `${said.student} `;
  $('name').dataset.name = said.student;
}

async function settle(mine) {
  const { id } = current();
  $('conflict').hidden = true;
  await keeper.settle(id, mine);
  if (current()?.id === id) showMark(true);
  if (!mine) tell('Theirs is kept.');
}

// --- two markers

const share = (fraction) => `${Math.round(100 * fraction)}%`;
const kappa = (number) => (number === null ? 'none' : number.toFixed(2).replace('-', '−'));

function row(kind, cells) {
  const line = document.createElement('tr');
  line.append(
    ...cells.map((content) => {
      const cell = document.createElement(kind);
      cell.append(content);
      return cell;
    }),
  );
  return line;
}

function table(heads, rows, label) {
  const [box, whole, head, body] = ['div', 'table', 'thead', 'tbody'].map((tag) =>
    document.createElement(tag),
  );
  box.className = 'scroll';
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', label);
  head.append(row('th', heads));
  body.append(...rows.map((cells) => row('td', cells)));
  whole.append(head, body);
  box.append(whole);
  return box;
}

async function openAgreement() {
  const said = await ask('agreement');
  const place = $('agreed');
  if (said.status !== 200) {
    place.textContent = said.error;
  } else if (said.questions.length === 0) {
    place.textContent =
      'No answer was marked twice yet. Start the page with --second 10% and another --marker.';
  } else {
    place.replaceChildren(
      table(
        ['Question', 'Answers', 'Same points', 'Same level or next', 'Kappa', 'Weighted kappa'],
        said.questions.map((item) => [
          item.name,
          item.answers,
          share(item.exact),
          share(item.near),
          kappa(item.kappa),
          kappa(item.weighted),
        ]),
        'How far two markers agree',
      ),
      ...said.questions.filter((item) => item.apart.length).flatMap(apart),
    );
  }
  $('agreement').showModal();
}

function apart(item) {
  const title = document.createElement('h3');
  title.textContent = `${item.name}: where they don’t`;
  const given = (mark) => `${mark.points} by ${mark.marker || 'formgrader'}`;
  const rows = item.apart.map((pair) => {
    const look = document.createElement('button');
    look.type = 'button';
    look.textContent = 'Look';
    look.disabled = !pair.here;
    look.addEventListener('click', () => {
      $('agreement').close();
      const holds = (one) => one.answers.some((line) => line.id === pair.id);
      inTurn(() => {
        settling = true;
        return goTo(pile.questions.findIndex(holds), pair.id);
      });
    });
    const settled = pair.settled ? given(pair.settled) : 'open';
    return [given(pair.first), given(pair.second), settled, look];
  });
  return [title, table(['First', 'Second', 'Settled', 'A third look'], rows, title.textContent)];
}

// --- keys

// What is typed behind a `c` that still waits for its turn belongs into the comment.
let ahead = null;

function startComment() {
  const text = ahead;
  ahead = null;
  if (!current()) return;
  $('comment').focus();
  if (!text) return;
  $('comment').value += text;
  current().commented = true;
  comment($('comment').value);
}

const KEYS = {
  n: () => go(at + 1),
  N: goUnmarked,
  p: () => go(at - 1),
  c: startComment,
  r: () => $('phrases').querySelector('button')?.focus(),
  u: undo,
  f: toggleFlag,
  w: toggleName,
  q: () => $('question').focus(),
  k: () => $('conflict').hidden || settle(false),
  m: () => $('conflict').hidden || settle(true),
  '+': () => current() && nudge(HALF),
  '-': () => current() && nudge(-HALF),
  '?': () => $('help').showModal(),
};

async function press(key) {
  if (KEYS[key]) {
    await KEYS[key]();
  } else if ($('phrases').contains(document.activeElement)) {
    reuse(Number(key) - 1);
  } else {
    const item = question.choices.find((choice) => choice.key === key);
    if (!item || !current()) return;
    give(item.points);
    if ($('go-on').checked) await go(at + 1);
  }
}

document.addEventListener('keydown', (event) => {
  const { target } = event;
  if (document.querySelector('dialog[open]') || !question) return;
  if (event.key === 'Escape' && (ahead !== null || target !== document.body)) {
    inTurn(() => $('work').focus({ preventScroll: true }));
    return;
  }
  if (event.ctrlKey && event.key === 'Enter') {
    inTurn(() => {
      $('work').focus({ preventScroll: true });
      return KEYS.n();
    });
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !$('keys-on').checked) return;
  if (target.matches('textarea, input, select')) return;
  if (ahead !== null && event.key.length === 1) {
    event.preventDefault();
    ahead += event.key;
  } else if (/^\d$/.test(event.key) || KEYS[event.key]) {
    event.preventDefault();
    if (event.key === 'c') ahead = '';
    inTurn(() => press(event.key));
  }
});

// --- the page

function remember(id) {
  const kept = localStorage.getItem(id);
  if (kept !== null) $(id).checked = kept === 'yes';
  $(id).addEventListener('change', () => localStorage.setItem(id, $(id).checked ? 'yes' : 'no'));
}

async function begin() {
  // where there is no room for it beside the answer, the question is folded
  $('asked').open = !matchMedia('(max-width: 1000px)').matches;
  remember('keys-on');
  remember('go-on');
  const said = await ask('pile');
  if (said.status !== 200) {
    stop(said.error);
    return;
  }
  pile = said;
  keeper = new Keeper({
    store: localStorage,
    prefix: `mark:${pile.desk}:`,
    say: heard,
    send: (id, what, seen, last) =>
      put(`answers/${id}/mark`, { ...what, seen }, last ? { keepalive: true } : {}),
  });
  $('who').textContent = [
    pile.marker,
    pile.share && `share ${pile.share}`,
    pile.second !== null && `second marker of ${share(pile.second)}`,
  ]
    .filter(Boolean)
    .join(', ');
  $('question').replaceChildren(...pile.questions.map(() => document.createElement('option')));
  showProgress();
  $('desk').hidden = false;
  await keeper.flushAll(); // what a page that was closed had kept
  const [last, id] = JSON.parse(sessionStorage.getItem('place') ?? '[null, null]');
  const before = pile.questions.findIndex((item) => item.id === last);
  const open = pile.questions.findIndex((item) => item.answers.some((line) => !line.marked));
  await openQuestion(Math.max(0, before < 0 ? open : before), before < 0 ? null : id);
}

$('question').addEventListener('change', () =>
  inTurn(() => {
    leave();
    settling = false;
    return openQuestion($('question').selectedIndex);
  }),
);
$('filter').addEventListener('change', () =>
  inTurn(() => {
    leave();
    filterAnswers(current()?.id);
    order = order.filter(fits);
    at = Math.min(at, Math.max(0, order.length - 1));
    return show();
  }),
);
$('points').addEventListener('change', () => {
  const { value } = $('points');
  if ($('points').validity.badInput) tell('That isn’t a number of points.', true);
  else give(value === '' ? null : Number(value));
});
$('comment').addEventListener('input', () => {
  current().commented = true;
  comment($('comment').value);
});
$('comment').addEventListener('change', () => {
  endComment();
  keeper.flush(current().id);
});
for (const [id, key] of Object.entries({
  next: 'n',
  previous: 'p',
  undo: 'u',
  flag: 'f',
  name: 'w',
}))
  $(id).addEventListener('click', () => inTurn(KEYS[key]));
$('theirs').addEventListener('click', () => inTurn(KEYS.k));
$('mine').addEventListener('click', () => inTurn(KEYS.m));
$('open-help').addEventListener('click', KEYS['?']);
$('open-agreement').addEventListener('click', openAgreement);
addEventListener('pagehide', () => keeper?.leave());
addEventListener('beforeunload', (event) => {
  if (keeper?.pending.size) event.preventDefault();
});
begin();
