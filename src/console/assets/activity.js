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
  // what stands there keeps the focus as long as nothing is new
  if (found === null || found.dataset.newest === rows.dataset.newest) return undefined;
  if (rows.dataset.newest !== undefined) news.textContent = `New up to entry ${found.dataset.newest}`;
  rows.replaceWith(found);
  return undefined;
}
