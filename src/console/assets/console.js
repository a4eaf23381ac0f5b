/** On every page behind the lock: keys, copy buttons, the first error, and the time until it locks. */
import './focus.js';

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector('dialog[open]') !== null) return;
  if (pressed(event.key)) event.preventDefault();
});

const LEADS_WITHIN_MS = 1_500;
let ledAt = 0;

/** Whether the key meant something. */
function pressed(key) {
  const isLed = Date.now() - ledAt < LEADS_WITHIN_MS;
  ledAt = 0;
  if (isLed) return follow(key);
  if (key === 'g') ledAt = Date.now();
  if (key === '/') return focusSearch();
  if (key !== '?') return false;
  document.getElementById('keys').showModal();
  return true;
}

function follow(key) {
  const way = [...document.querySelectorAll('#keys [data-key]')].find(({ dataset }) => dataset.key === key);
  if (way === undefined) return false;
  location.href = way.dataset.href;
  return true;
}

function focusSearch() {
  const search = document.querySelector('[type="search"], [data-search]');
  search?.focus();
  return search !== null;
}

function isTyping(target) {
  return (
    target instanceof HTMLElement && target.matches('input:not([type="checkbox"], [type="radio"]), select, textarea')
  );
}

for (const button of document.querySelectorAll('[data-copy]')) {
  if (navigator.clipboard === undefined) break;
  const label = button.querySelector('[data-copy-label]');
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector('[data-copy-text]').textContent);
    label.textContent = 'Copied';
    setTimeout(() => (label.textContent = 'Copy'), 2_000);
  });
}

const WARNS_BEFORE_MS = 60_000;
const notice = document.getElementById('idle-notice');

/** How long the owner may still be away, in ms; none where it is locked. To ask does not count as being there. */
async function timeLeft(headers = { 'X-Background': '1' }) {
  const answer = await fetch('/session', { headers: { Accept: 'application/json', ...headers } }).catch(() => null);
  return answer !== null && answer.ok ? ((await answer.json()).left_ms ?? 0) : 0;
}

function watch(left) {
  if (left <= 0) {
    location.replace(`/unlock?to=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  notice.hidden = left > WARNS_BEFORE_MS;
  setTimeout(async () => watch(await timeLeft()), notice.hidden ? left - WARNS_BEFORE_MS : left);
}

document.getElementById('idle-stay').addEventListener('click', async () => {
  await timeLeft({});
  notice.hidden = true;
});

watch(Number(document.body.dataset.idleMs));
