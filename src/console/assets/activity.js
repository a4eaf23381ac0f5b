/** The live tail: while it is on, the rows are asked for again every two seconds. */
const EVERY_MS = 2_000;
const button = document.getElementById('activity-tail');
const news = document.getElementById('activity-news');

if (button !== null) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const isOn = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(isOn));
    news.textContent = isOn ? 'Following' : '';
    if (isOn) void follow();
  });
}

async function follow() {
  while (button.getAttribute('aria-pressed') === 'true') {
    await renew();
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

async function renew() {
  const answer = await fetch(button.dataset.rows, { headers: { 'X-Background': '1' } }).catch(() => null);
  if (answer?.status === 401) return location.reload();
  if (answer === null || !answer.ok) {
    news.textContent = 'The console does not answer';
    return undefined;
  }
  const rows = document.getElementById('activity-rows');
  const found = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('activity-rows');
  if (found === null || found.dataset.newest === rows.dataset.newest) return undefined;
  if (rows.dataset.newest !== undefined) news.textContent = `New up to entry ${found.dataset.newest}`;
  replace(rows, found);
  return undefined;
}

/** The row that has the focus keeps it, and its place in the window. */
function replace(rows, found) {
  const links = [...rows.querySelectorAll('a')];
  const at = links.indexOf(document.activeElement);
  const top = links[at]?.getBoundingClientRect().top;
  rows.replaceWith(found);
  if (at < 0) return;
  const renewed = [...found.querySelectorAll('a')];
  const same = renewed.find(({ href }) => href === links[at].href);
  // a row that newer ones pushed off the page is followed by the oldest that is left
  const next = same ?? renewed.at(-1);
  next?.focus({ preventScroll: true });
  if (same !== undefined) scrollBy({ top: same.getBoundingClientRect().top - top, behavior: 'instant' });
  else next?.scrollIntoView({ block: 'nearest' });
}
