/** What the words mean, how to begin, how to ask the log, the keys, and what is not protected. */
import { QUALIFIERS } from '../../core/query.js';
import { EXAMPLES, QUALIFIER_WORDS } from '../activity/query-words.js';
import type { Area, ConsoleContext } from '../area.js';
import { Keys } from '../keys.js';
import { page } from '../page.js';
import { Card, Command } from '../part.js';
import { wordPath } from './word-link.js';
import { WORDS } from './words.js';

/** At `/help`; each word of {@link WORDS} is an anchor in it. */
export const help: Area = {
  path: '/help',
  title: 'Help',
  key: 'h',
  register: (app) => app.get('/help', show),
};

const PARTS = [
  ['begin', 'An agent’s first credential'],
  ['words', 'Words'],
  ['query', 'Asking the log'],
  ['keys-help', 'Keys'],
  ['unprotected', 'What the console does not protect from'],
] as const;

async function show(c: ConsoleContext): Promise<Response> {
  return page(
    c,
    { title: 'Help', styles: ['help.css'] },
    <>
      <nav aria-label="On this page" class="help-parts">
        <ul>
          {PARTS.map(([id, title]) => (
            <li>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      <Begin areas={c.get('site').areas} />
      <Words />
      <Query />
      <Card title="Keys" id="keys-help">
        <p>Letters work wherever you are not typing; press the second within a second and a half.</p>
        <Keys areas={c.get('site').areas} />
        <p>
          In the <a href="/inbox">inbox</a>, <kbd>j</kbd> and <kbd>k</kbd> go from request to request, <kbd>a</kbd>{' '}
          approves and <kbd>d</kbd> denies.
        </p>
      </Card>
      <Unprotected />
    </>,
  );
}

function Begin({ areas }: { readonly areas: readonly Area[] }) {
  const hasVaults = areas.some(({ path }) => path === '/vaults');
  return (
    <Card title="An agent’s first credential" id="begin">
      <ol class="steps">
        <li>
          <p class="step-title">Put it into a vault</p>
          {hasVaults ? (
            <p>
              In <a href="/vaults">Vaults</a>, make one for what the agent needs and nothing else, and an item in it.
            </p>
          ) : (
            <>
              <p>In a terminal, with a vault for what the agent needs and nothing else:</p>
              <Command line="vouchsafe vault create Production" />
              <Command line='vouchsafe item create database --vault Production --title "Orders database" --secret password' />
            </>
          )}
        </li>
        <li>
          <p class="step-title">Make a token for the agent</p>
          <p>
            <a href="/tokens/new">New token</a>: a name, an end, the vault, and “Use for AI agent”. The role viewer is
            enough to read. The token is shown once.
          </p>
        </li>
        <li>
          <p class="step-title">Set the agent’s program up</p>
          <p>
            The page after it has the command for each client, and the instructions. Give the command in a terminal in
            which no agent runs, and paste the token there. Never paste it into a conversation.
          </p>
        </li>
        <li>
          <p class="step-title">Let it work</p>
          <p>It has to give a reason each time. What it lacks, it can ask for: requests come to the inbox.</p>
        </li>
        <li>
          <p class="step-title">Read what it did</p>
          <p>
            In <a href="/activity">Activity</a>, each access stands with its reason. Unused grants are in{' '}
            <a href="/safety/access">Safety</a>; end what it no longer needs on the page of the token.
          </p>
        </li>
      </ol>
    </Card>
  );
}

function Words() {
  return (
    <Card title="Words" id="words">
      <dl class="words">
        {WORDS.map(({ id, word, meaning }) => (
          <div id={id}>
            <dt>
              <a href={wordPath(id)}>{word}</a>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Query() {
  return (
    <Card title="Asking the log" id="query">
      <p>
        Terms with spaces between them must all hold. Of values with a comma between them, one must. <code>-</code>{' '}
        before a term turns it round. Words alone are looked for in reasons, titles and names of vaults.
      </p>
      <dl class="words queries">
        {EXAMPLES.map(([query, finds]) => (
          <div>
            <dt>
              <a href={`/activity?${new URLSearchParams({ q: query }).toString()}`}>
                <code>{query}</code>
              </a>
            </dt>
            <dd>{finds}</dd>
          </div>
        ))}
      </dl>
      <h3>What a term can look at</h3>
      <dl class="words">
        {QUALIFIERS.map((qualifier) => (
          <div>
            <dt>
              <code>{qualifier}:</code>
            </dt>
            <dd>{QUALIFIER_WORDS[qualifier]}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

const UNPROTECTED: readonly (readonly [title: string, words: string])[] = [
  [
    'Whoever sits in this browser',
    'Until it is locked or left alone for 15 minutes, they are the owner; so are the browser’s extensions. Lock it before you go.',
  ],
  [
    'Programs at other ports of this machine',
    'Browsers send cookies to every port of a host. One that you visit at 127.0.0.1 gets the console’s two, and can use them from this machine until you lock.',
  ],
  [
    'An agent with a shell under your own user',
    'It can get everything while you type the master password or are unlocked, and use its token past every limit. Only another user or another machine for the agent closes that: vouchsafe serve.',
  ],
  [
    'A secret that was shown',
    'It is out: nothing stops an agent from passing on what it may read. Change it at the service when access ends.',
  ],
  ['A reason that is not true', 'It is what the agent said. The console shows it, and cannot check it.'],
  [
    'The machine itself',
    'Root, a compromised system, browser or dependency has everything. What was decrypted may remain in memory and on the disk.',
  ],
  ['A lost master password', 'Without a recovery code, nobody opens the safe again.'],
];

function Unprotected() {
  return (
    <Card title="What the console does not protect from" id="unprotected">
      <p>The file SECURITY.md, which comes with the program, has all of it. What matters here:</p>
      <dl class="words wide">
        {UNPROTECTED.map(([title, words]) => (
          <div>
            <dt>{title}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
