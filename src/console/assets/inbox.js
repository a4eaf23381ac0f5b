/** The inbox: a key for each decision, outside of fields, and word of requests that come while it is open. */
import './console.js';

const LEADS_WITHIN_MS = 1_500;
let ledAt = 0;

document.addEventListener('keydown', (event) => {
  const isLed = Date.now() - ledAt < LEADS_WITHIN_MS;
  ledAt = 0;
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest('input, select, textarea') !== null) return;
  if (document.querySelector('dialog[open]') !== null) return;
  // what follows g is a way to another page, also where there is no such page: never a decision
  if (event.key === 'g') ledAt = Date.now();
  else if (!isLed && KEYS[event.key]?.()) event.preventDefault();
});

const KEYS = { j: () => move(1), k: () => move(-1), a: approve, d: deny };

const requests = [...document.querySelectorAll('[data-request]')];

function current() {
  return document.activeElement?.closest('[data-request]') ?? null;
}

function move(by) {
  if (requests.length === 0) return false;
  const at = requests.indexOf(current());
  const next = at < 0 ? 0 : Math.min(requests.length - 1, Math.max(0, at + by));
  requests[next].focus();
  return true;
}

/** On the list: of the request that has the focus. Where none has it, the first gets it, and nothing is decided. */
function approve() {
  if (requests.length === 0) return submit(document.getElementById('approve-form'));
  const request = current();
  if (request === null) return move(1);
  const button = request.querySelector('[data-approve]');
  if (button !== null) return submit(button.form);
  request.querySelector('[data-terms]').click();
  return true;
}

let isSent = false;

function submit(form) {
  if (form === null || isSent) return false;
  isSent = true;
  form.requestSubmit();
  return true;
}

function deny() {
  if (requests.length > 0) {
    const request = current();
    if (request === null) return move(1);
    request.querySelector('[data-deny]').click();
    return true;
  }
  return focusWords();
}

function focusWords() {
  const words = document.getElementById('field-because');
  words?.focus();
  return words !== null;
}

const POLLS_EVERY_MS = 10_000;
const news = document.getElementById('inbox-news');

async function waiting() {
  const headers = { Accept: 'application/json', 'X-Background': '1' };
  const answer = await fetch('/inbox/waiting', { headers, redirect: 'error' }).catch(() => null);
  return answer !== null && answer.ok ? answer.json() : null;
}

async function poll() {
  const now = await waiting();
  if (now !== null && now.newest !== '' && now.newest !== news.dataset.newest) tell(now);
  setTimeout(poll, POLLS_EVERY_MS);
}

function tell({ newest, requests: count }) {
  news.dataset.newest = newest;
  news.hidden = false;
  document.title = `(${String(count)}) ${document.title.replace(/^\(\d+\) /, '')}`;
  if (globalThis.Notification?.permission === 'granted')
    new Notification('Vouchsafe', { body: 'An agent asks for your approval.', tag: 'vouchsafe-inbox' });
}

const notify = document.getElementById('inbox-notify');

if (news !== null) {
  notify.hidden = globalThis.Notification?.permission !== 'default';
  notify.addEventListener('click', async () => {
    notify.hidden = (await Notification.requestPermission()) !== 'default';
  });
  setTimeout(poll, POLLS_EVERY_MS);
}
