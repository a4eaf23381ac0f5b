/** What runs here: the sessions of the owner, the program, and where its files are. */
import type { Places } from '../../gate/door.js';
import { VERSION } from '../../gate/version.js';
import type { ConsoleContext } from '../area.js';
import { takeCookie } from '../cookie.js';
import { Form, FormActions } from '../field.js';
import { Card, Facts } from '../part.js';
import { SESSION_MS } from '../setting.js';

const MINUTE_MS = 60_000;

interface SessionsProps {
  readonly csrf: string;
  readonly idleMs: number;
}

/** When it locks, and the way to lock everything. */
export function Sessions({ csrf, idleMs }: SessionsProps) {
  return (
    <Card title="Sessions" id="sessions">
      <p>
        This browser locks after {String(Math.round(idleMs / MINUTE_MS))} minutes without you, and{' '}
        {String(Math.round(SESSION_MS / MINUTE_MS / 60))} hours after it was unlocked at the latest. The button at the
        navigation locks it alone.
      </p>
      <Form csrf={csrf} action="/settings/sessions">
        <FormActions submit="End every session" tone="danger" />
      </Form>
      <p class="muted">
        Ends yours in terminals too, as <code>vouchsafe lock</code> does. Tokens go on working.
      </p>
    </Card>
  );
}

/** Ends every session of the owner, this one too. */
export async function endSessions(c: ConsoleContext): Promise<Response> {
  await c.get('site').endSessions();
  c.get('browser').lock('elsewhere');
  takeCookie(c, 'session');
  return c.redirect('/unlock', 303);
}

/** The program's version and the folders of the safe. */
export function Installation({ places }: { readonly places: Places }) {
  return (
    <Card title="This installation" id="installation">
      <Facts
        rows={[
          ['Version', VERSION],
          ['Safe', <Folder path={places.home} words="The encrypted file. VOUCHSAFE_HOME names another folder." />],
          [
            'State',
            <Folder
              path={places.state}
              words="The host share and the anchors. Tokens need the share; keep it out of backups of the safe. VOUCHSAFE_STATE names another folder."
            />,
          ],
          ['Runtime', <Folder path={places.runtime} words="Halves of sessions, until they end." />],
        ]}
      />
    </Card>
  );
}

function Folder({ path, words }: { readonly path: string; readonly words: string }) {
  return (
    <>
      <code>{path}</code>
      <br />
      <span class="hint">{words}</span>
    </>
  );
}
