/**
 * Completion of the query: a combobox with a list, as the ARIA Authoring Practices describe one. Nothing is chosen until
 * an arrow goes to it, so that Enter sends what was typed; without this script the field is a plain one.
 */
const field = document.getElementById('field-q');
const MOST = 100;

/** What could be typed, asked for when it is first needed, and again where there was no answer. */
let words = null;
let loading = null;

async function loadWords() {
  const answer = await fetch(field.dataset.words, { headers: { Accept: 'application/json' }, redirect: 'error' }).catch(
    () => null,
  );
  return answer !== null && answer.ok ? answer.json() : null;
}

const list = document.createElement('ul');
const news = document.createElement('span');
let active = -1;

if (field !== null) {
  list.id = 'query-list';
  list.className = 'completions';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'What could stand here');
  list.hidden = true;
  news.className = 'unseen';
  news.setAttribute('role', 'status');
  field.after(list, news);
  field.removeAttribute('list');
  const says = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id };
  for (const [name, value] of Object.entries(says)) field.setAttribute(name, value);
  field.addEventListener('input', () => void open());
  field.addEventListener('keydown', (event) => {
    if (!event.isComposing && KEYS[event.key]?.(event)) event.preventDefault();
  });
  field.addEventListener('blur', close);
  field.addEventListener('click', close);
  // the field keeps the focus
  list.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('click', ({ target }) => accept([...list.children].indexOf(target.closest('li'))));
  const wrong = document.querySelector('[data-position]');
  if (wrong !== null) field.setSelectionRange(Number(wrong.dataset.position), Number(wrong.dataset.position));
}

/** Each says whether the key was meant for the list. */
const KEYS = {
  ArrowDown: ({ altKey }) => (list.hidden ? openAt(altKey ? -1 : 0) : move(1)),
  ArrowUp: ({ altKey }) => {
    if (altKey) return close();
    return list.hidden ? openAt(-2) : move(-1);
  },
  Enter: () => accept(active),
  Tab: () => accept(active),
  Escape: () => close(),
};

/** Where the caret stands: the qualifier of its term, and the part of a value before it. */
function placeOf(text, caret) {
  let [start, qualifier, isQuoted] = [0, null, false];
  let term = 0;
  for (let at = 0; at < caret; at += 1) {
    const sign = text[at];
    if (sign === '"') isQuoted = !isQuoted;
    else if (sign === '\\' && isQuoted) at += 1;
    else if (isQuoted) continue;
    else if (/\s/.test(sign)) [start, term, qualifier] = [at + 1, at + 1, null];
    else if (sign === '-' && at === term) start = at + 1;
    else if (sign === ':' && qualifier === null)
      [start, qualifier] = [at + 1, text.slice(term, at).replace(/^-/, '').toLowerCase()];
    else if (sign === ',') start = at + 1;
  }
  const rest = isQuoted ? /^[^"\s]*"?/ : /^[^\s,":]*/;
  const end = caret + rest.exec(text.slice(caret))[0].length;
  return { start, end, qualifier, typed: text.slice(start, caret) };
}

function fold(text) {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
}

/** What begins with what was typed stands before what holds it. */
function candidatesFor({ qualifier, typed }) {
  if (qualifier === null && typed.startsWith('"')) return [];
  const known = qualifier === null ? words.qualifiers : words.values?.[qualifier];
  const wanted = fold(typed.replace(/^"/, ''));
  const found = (known ?? []).filter(([value]) => fold(value).includes(wanted) && fold(value) !== wanted);
  const begins = ([value]) => fold(value).startsWith(wanted);
  return [...found.filter(begins), ...found.filter((one) => !begins(one))].slice(0, MOST);
}

let place = null;

/** Shows what could stand at the caret; nothing where nothing was typed yet, unless it is asked for. */
async function open(isAsked = false) {
  // keys that come meanwhile wait for the same answer, and are heeded in their order
  words ??= await (loading ??= loadWords());
  loading = null;
  if (words === null || document.activeElement !== field) return;
  place = placeOf(field.value, field.selectionStart);
  const found = isAsked || place.qualifier !== null || place.typed !== '' ? candidatesFor(place) : [];
  active = -1;
  field.removeAttribute('aria-activedescendant');
  list.replaceChildren(...found.map(optionOf));
  list.hidden = found.length === 0;
  field.setAttribute('aria-expanded', String(!list.hidden));
  news.textContent = list.hidden ? '' : `${String(found.length)} could stand here`;
}

function optionOf([value, meaning], at) {
  const option = document.createElement('li');
  option.id = `query-option-${String(at)}`;
  option.setAttribute('role', 'option');
  option.setAttribute('aria-selected', 'false');
  const code = document.createElement('code');
  code.textContent = place.qualifier === null ? `${value}:` : value;
  option.append(code);
  if (meaning !== undefined)
    option.append(' ', Object.assign(document.createElement('span'), { textContent: meaning }));
  option.dataset.value = value;
  return option;
}

/** From -1 on it is nobody's turn; -2 is the last. */
function openAt(at) {
  void open(true).then(() => choose(at === -2 ? list.children.length - 1 : at));
  return true;
}

function move(by) {
  const count = list.children.length;
  // beyond either end nothing is chosen, and the caret is in the text again
  return choose(((active + by + 1 + count + 1) % (count + 1)) - 1);
}

function choose(at) {
  list.children[active]?.setAttribute('aria-selected', 'false');
  active = at;
  const option = list.children[active];
  if (option === undefined) field.removeAttribute('aria-activedescendant');
  else {
    option.setAttribute('aria-selected', 'true');
    field.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  }
  return true;
}

/** Puts it where the caret is; after a qualifier its values are shown at once. */
function accept(at) {
  const option = list.hidden ? undefined : list.children[at];
  if (option === undefined) return false;
  const { value } = option.dataset;
  const isQualifier = place.qualifier === null;
  field.setRangeText(isQualifier ? `${value}:` : written(value), place.start, colonAfter(isQualifier), 'end');
  close();
  if (isQualifier) void open();
  return true;
}

/** A qualifier that is completed in the middle of itself has its colon already. */
function colonAfter(isQualifier) {
  return isQualifier && field.value[place.end] === ':' ? place.end + 1 : place.end;
}

function written(value) {
  return /[\s,"\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

function close() {
  const wasOpen = !list.hidden;
  list.hidden = true;
  active = -1;
  news.textContent = '';
  field.setAttribute('aria-expanded', 'false');
  field.removeAttribute('aria-activedescendant');
  return wasOpen;
}
