/** Vaults and items: rows by keys, secrets shown and copied for a while, codes with their countdown, and the form. */
import './console.js';

const LEADS_WITHIN_MS = 1_500;
let ledAt = 0;

document.addEventListener('keydown', (event) => {
  const isLed = Date.now() - ledAt < LEADS_WITHIN_MS;
  ledAt = 0;
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest('input, select, textarea') !== null) return;
  if (document.querySelector('dialog[open]') !== null) return;
  // what follows g is a way to another page
  if (event.key === 'g') ledAt = Date.now();
  else if (!isLed && press(event.key)) event.preventDefault();
});

function press(key) {
  if (key === 'j') return move(1);
  if (key === 'k') return move(-1);
  const target =
    key === 'c'
      ? document.querySelector('[data-copy-secret]:not([hidden])')
      : document.querySelector(`[data-press="${CSS.escape(key)}"]`);
  target?.click();
  return target !== null;
}

function move(by) {
  const rows = [...document.querySelectorAll('.items tbody .main > a, .types a')];
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))].focus();
  return true;
}

const HIDES_AFTER_MS = 30_000;
const CONCEALED = '••••••••';

/** What the server gives for a form, as JSON. Where the console has locked, the page is asked for again, and says so. */
async function send(form) {
  const body = new URLSearchParams(new FormData(form));
  const headers = { Accept: 'application/json' };
  const answer = await fetch(form.action, { method: 'POST', body, headers, redirect: 'manual' });
  if (answer.type === 'opaqueredirect') {
    location.reload();
    throw new Error('The console is locked.');
  }
  const given = await answer.json();
  if (!answer.ok) throw new Error([given.error.message, given.error.next].filter(Boolean).join(' '));
  return given;
}

for (const field of document.querySelectorAll('[data-secret]')) attach(field);

function attach(field) {
  const shown = field.querySelector('[data-shown]');
  const said = field.querySelector('[data-said]');
  const noted = field.querySelector('[data-noted]');
  const revealing = field.querySelector('[data-reveal]');
  const label = revealing.querySelector('[data-label]');
  const copying = field.querySelector('[data-copy-secret]');
  const coding = field.querySelector('[data-code]');
  let timer = 0;
  let shownCode = null;

  function say(...parts) {
    said.replaceChildren(...parts);
  }

  /** What is said of the clipboard stays beside what is said of the page. */
  function note(...parts) {
    noted.replaceChildren(...parts);
  }

  function conceal() {
    clearTimeout(timer);
    shownCode = null;
    shown.textContent = CONCEALED;
    shown.classList.add('concealed');
    label.textContent = 'Reveal';
  }

  function show(text) {
    clearTimeout(timer);
    shownCode = null;
    shown.textContent = text;
    shown.classList.remove('concealed');
  }

  async function attempt(button, work) {
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      say(error.message);
    } finally {
      const isLost = document.activeElement === document.body;
      button.disabled = false;
      if (isLost) button.focus();
    }
  }

  revealing.form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (label.textContent === 'Hide') {
      conceal();
      say('');
      return;
    }
    void attempt(revealing, async () => {
      show((await send(revealing.form)).value);
      label.textContent = 'Hide';
      say('Shown for 30 seconds.');
      timer = setTimeout(() => {
        conceal();
        say('Concealed again.');
      }, HIDES_AFTER_MS);
    });
  });

  coding?.form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(coding, async () => {
      const { code, seconds_left: left } = await send(coding.form);
      label.textContent = 'Reveal';
      show(code);
      shownCode = code;
      count(Date.now() + left * 1_000);
    });
  });

  /** Says how long the code holds, and takes it away then. No other is asked for: each is recorded. */
  function count(endsAt) {
    const left = Math.ceil((endsAt - Date.now()) / 1_000);
    if (left > 0) {
      tell(left);
      timer = setTimeout(() => count(endsAt), 250);
      return;
    }
    conceal();
    say('That code has ended. Ask for the next one.');
  }

  /** Those who hear the page are told at the start alone. */
  function tell(left) {
    const bar = said.querySelector('progress');
    if (bar === null) {
      const made = document.createElement('progress');
      made.max = left;
      made.ariaLabel = 'Time for which the code holds';
      const words = document.createElement('span');
      words.ariaHidden = 'true';
      said.replaceChildren(made, ' ', words);
    }
    said.querySelector('progress').value = left;
    said.querySelector('span').textContent = `holds for ${String(left)} s`;
  }

  if (navigator.clipboard !== undefined) {
    copying.hidden = false;
    copying.addEventListener('click', () => void attempt(copying, async () => copy(await toCopy())));
  }

  /** A code that is shown is the one to copy: another would be another entry. */
  async function toCopy() {
    if (coding === null) return (await send(revealing.form)).value;
    return shownCode ?? (await send(coding.form)).code;
  }

  async function copy(value) {
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      note('This browser did not let it be copied. Reveal it, and copy it by hand.');
      return;
    }
    note('Copied. The clipboard is cleared in 30 seconds, as long as this page stays open.');
    clipboard.keep(value, note);
  }

  addEventListener('pagehide', conceal);
}

/** What was copied last, until it is cleared. */
const clipboard = {
  timer: 0,
  said: null,
  keep(value, say) {
    clearTimeout(this.timer);
    if (this.said !== say) this.said?.('');
    this.said = say;
    this.timer = setTimeout(() => void this.clear(value, say), HIDES_AFTER_MS);
  },
  /** A browser lets only the page that has the focus look into the clipboard. */
  async clear(value, say) {
    if (!document.hasFocus()) {
      say('The clipboard still holds it. It is cleared when you come back to this page.');
      addEventListener('focus', () => void this.clear(value, say), { once: true });
      return;
    }
    try {
      const isOurs = (await navigator.clipboard.readText()) === value;
      if (isOurs) await navigator.clipboard.writeText('');
      say(isOurs ? 'The clipboard is cleared.' : 'The clipboard holds something else by now, and was left as it is.');
    } catch {
      say('This browser does not let the console look into the clipboard, which may still hold it. ', clearButton(say));
    }
  },
};

function clearButton(say) {
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'button small', textContent: 'Clear the clipboard' });
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText('');
    say('The clipboard is cleared.');
  });
  return button;
}

const form = document.getElementById('item-form');
if (form !== null) furnish();

function furnish() {
  for (const button of form.querySelectorAll('[data-generate]')) offerToMake(button);
  for (const button of form.querySelectorAll('[data-peek]')) offerToShow(button);
  for (const select of form.querySelectorAll('[data-further] select')) {
    select.addEventListener('change', () => fit(select));
    fit(select);
  }
  offerRows();
  form.addEventListener('invalid', unfold, true);
  // what a browser can see is wrong costs no secret that was typed
  form.addEventListener('submit', (event) => {
    if (!form.reportValidity()) event.preventDefault();
  });
}

/** A browser can only point at what is in sight. */
function unfold({ target }) {
  for (let fold = target.closest('details'); fold !== null; fold = fold.parentElement.closest('details'))
    fold.open = true;
}

function offerToMake(button) {
  const input = document.getElementById(button.dataset.generate);
  const box = button.parentElement.querySelector('[name^="make-"]');
  button.hidden = box !== null ? false : button.hidden;
  if (box !== null && !box.checked) box.closest('label').hidden = true;
  button.addEventListener('click', async () => {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (/^(?:csrf|made.*)$/.test(name)) body.append(name, value);
    const headers = { Accept: 'application/json' };
    const answer = await fetch('/vaults/generate', { method: 'POST', body, headers, redirect: 'manual' });
    if (answer.type === 'opaqueredirect') return location.reload();
    const given = await answer.json();
    input.value = given.value ?? '';
    input.setCustomValidity(answer.ok ? '' : given.error.message);
    if (!answer.ok) input.reportValidity();
    else if (input.type === 'password') peek(button.parentElement.querySelector('[data-peek]'), true);
    return undefined;
  });
  input.addEventListener('input', () => input.setCustomValidity(''));
}

function offerToShow(button) {
  button.hidden = false;
  button.addEventListener('click', () => peek(button, button.getAttribute('aria-pressed') !== 'true'));
}

function peek(button, isShown) {
  document.getElementById(button.dataset.peek).type = isShown ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(isShown));
}

/** A secret can be made for; what is concealed is not shown while it is typed, but for notes. */
function fit(select) {
  const row = select.closest('[data-further]');
  row.querySelector('[data-generate]').hidden = select.value !== 'secret';
  row.querySelector('textarea').classList.toggle('masked', select.value === 'secret' || select.value === 'totp');
}

/** One row more at a time; the last one is the pattern of the next. */
function offerRows() {
  const add = document.getElementById('further-add');
  for (const row of form.querySelectorAll('[data-spare]')) row.hidden = true;
  add.hidden = false;
  add.addEventListener('click', () => {
    const rows = [...form.querySelectorAll('[data-further]')];
    const row = rows.find(({ hidden }) => hidden) ?? another(rows.at(-1));
    row.hidden = false;
    row.querySelector('input').focus();
  });
}

function another(last) {
  const row = last.cloneNode(true);
  const [from, to] = [Number(last.dataset.further), Number(last.dataset.further) + 1];
  row.dataset.further = String(to);
  row.querySelector('legend').textContent = `Further field ${String(to + 1)}`;
  for (const part of row.querySelectorAll('*'))
    for (const name of ['id', 'for', 'name', 'data-generate'])
      if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace(`x${from}-`, `x${to}-`));
  for (const part of row.querySelectorAll('input, textarea')) part.value = '';
  last.after(row);
  const select = row.querySelector('select');
  select.value = 'text';
  select.addEventListener('change', () => fit(select));
  fit(select);
  offerToMake(row.querySelector('[data-generate]'));
  return row;
}
