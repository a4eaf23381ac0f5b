/** Whether the log is whole: verified when the owner says so, its checkpoints and its anchors. */
import { Refusal } from '../../core/refusal.js';
import type { EntryShape } from '../../core/shapes.js';
import type { Verification } from '../../gate/log-door.js';
import type { ConsoleContext } from '../area.js';
import type { Verified } from '../browser.js';
import { actorName } from '../entry.js';
import { Form } from '../field.js';
import { done, readForm, refused } from '../form.js';
import { page } from '../page.js';
import { Badge, Card, Facts, Notice } from '../part.js';
import { Table } from '../table.js';
import { Time } from '../time.js';

/** What is known of the log without verifying it. */
interface LogState {
  readonly entries: number;
  readonly verified: Verified | null;
  /** The newest that were signed on request, newest first. */
  readonly checkpoints: readonly EntryShape[];
  /** Where anchors go besides the folder of this machine; empty where they go nowhere else. */
  readonly folder: string;
  readonly command: string;
}

const CHECKPOINTS = 5;
/** Among how many of the newest entries checkpoints are looked for. */
const LOOKED_AT = 50_000;

/** Reads it; nothing in it takes longer the longer the log is. */
export async function logStateOf(c: ConsoleContext, entries: number): Promise<LogState> {
  const door = c.get('door');
  const query = `action:audit.checkpoint outcome:granted seq:>${String(Math.max(0, entries - LOOKED_AT))}`;
  const { data: checkpoints } = await door.listEntries({ query, limit: CHECKPOINTS });
  const { value: folder } = await door.getSetting('anchor.folder');
  const { value: command } = await door.getSetting('anchor.command');
  return { entries, verified: c.get('browser').verified, checkpoints, folder, command };
}

type LogCardProps = LogState & { readonly csrf: string; readonly now: number };

/** The state of the log, and what verifies it. */
export function LogCard(props: LogCardProps) {
  const { entries, verified, csrf, now, folder, command } = props;
  const elsewhere = [...(folder === '' ? [] : [folder]), ...(command === '' ? [] : [`the command ${command}`])];
  return (
    <>
      <Card title="The log">
        <Facts
          rows={[
            ['Entries', entries.toLocaleString('en')],
            ['Verified', <VerifiedFact verified={verified} now={now} />],
            [
              'Anchors',
              elsewhere.length === 0 ? (
                <>
                  in the state folder of this machine{' '}
                  <span class="muted">
                    and nowhere else: set anchor.folder to a disk that this machine does not rule
                  </span>
                </>
              ) : (
                <>in the state folder of this machine, and {elsewhere.join(', and ')}</>
              ),
            ],
          ]}
        />
        <p class="muted">
          To verify recomputes every entry, and compares the safe with it. A checkpoint signs where the log stands and
          writes the anchors. The log is held against them each time that the safe is opened.
        </p>
        <div class="row-of-forms">
          <Form csrf={csrf} action="/safety/verify" class="act">
            <button class="button primary" type="submit">
              Verify now
            </button>
          </Form>
          <Form csrf={csrf} action="/safety/verify" class="act">
            <input type="hidden" name="full" value="on" />
            <button class="button" type="submit">
              Verify every signature
            </button>
          </Form>
          <Form csrf={csrf} action="/safety/checkpoint" class="act">
            <button class="button" type="submit">
              Sign a checkpoint
            </button>
          </Form>
        </div>
      </Card>
      <Checkpoints {...props} />
    </>
  );
}

function VerifiedFact({ verified, now }: { readonly verified: Verified | null; readonly now: number }) {
  if (verified === null) return <Badge tone="warn">not verified</Badge>;
  return (
    <>
      <Badge tone="good">whole</Badge> up to entry {verified.seq.toLocaleString('en')},{' '}
      <Time at={new Date(verified.at).toISOString()} now={now} form="short" />
    </>
  );
}

function Checkpoints({ checkpoints, now }: LogCardProps) {
  if (checkpoints.length === 0) return null;
  return (
    <Card title="Checkpoints" flush>
      <Table<EntryShape>
        caption="The last checkpoints that were asked for, newest first"
        columns={[
          {
            title: 'Entry',
            kind: 'main',
            cell: ({ seq }) => <a href={`/activity/${String(seq)}`}>{seq.toLocaleString('en')}</a>,
          },
          { title: 'Signed', cell: ({ at }) => <Time at={at} now={now} /> },
          { title: 'By', cell: (entry) => actorName(entry) },
        ]}
        rows={checkpoints}
      />
    </Card>
  );
}

/** Verifies the log, and says what was found; what is wrong has a page that stays. */
export async function verifyNow(c: ConsoleContext): Promise<Response> {
  const full = (await readForm(c)).has('full');
  try {
    const found = await c.get('door').verify({ full });
    if (!found.ok || found.fault !== null) return await faultPage(c, found.fault);
    c.get('browser').noteVerified({ seq: found.to, at: c.get('now') });
    return done(c, '/safety', foundText(found, full));
  } catch (error) {
    return await notVerified(c, error);
  }
}

/** Verifies what is new, signs where the log stands, and writes the anchors. */
export async function checkpoint(c: ConsoleContext): Promise<Response> {
  try {
    const { seq, hash } = await c.get('door').checkpoint();
    c.get('browser').noteVerified({ seq, at: c.get('now') });
    return done(c, '/safety', `Checkpoint: ${String(seq)}:${hash}`);
  } catch (error) {
    return await notVerified(c, error);
  }
}

async function notVerified(c: ConsoleContext, error: unknown): Promise<Response> {
  if (!(error instanceof Refusal && error.code === 'integrity')) return refused(c, '/safety', error);
  return faultPage(c, { seq: null, message: error.message });
}

function foundText({ entries, signatures, items }: Verification, full: boolean): string {
  const number = (count: number): string => count.toLocaleString('en');
  const covered = `${number(entries)} entries, ${number(signatures)} signatures and ${number(items)} items`;
  return `The log is whole: ${covered} verified.${full ? '' : ' Signatures before the last checkpoint were not checked again.'}`;
}

/** What is wrong, and what to do. From then on nothing says that the log is whole. */
async function faultPage(c: ConsoleContext, fault: Verification['fault']): Promise<Response> {
  c.get('browser').noteVerified(null);
  const { seq, message } = fault ?? { seq: null, message: 'The log does not verify.' };
  return page(
    c,
    { title: 'The log is not whole', parent: { href: '/safety', title: 'Safety' }, status: 409 },
    <Notice kind="bad" title={seq === null ? message : `Entry ${String(seq)}: ${message}`}>
      <p>
        Keep a copy of the safe as it is, compare it with a backup, and revoke what should not have been used.
        {seq === null ? null : (
          <>
            {' '}
            <a href={`/activity/${String(seq)}`}>The entry</a>
          </>
        )}
      </p>
      <p>
        <a href="/safety/lockdown">Stop every token</a> until you know what happened.
      </p>
    </Notice>,
  );
}
