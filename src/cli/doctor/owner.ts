/** What only the owner can look at. It leaves no entry. */
import type { OwnerDoor } from '../../gate/door.js';
import { escapeText } from '../../core/text.js';
import { counted } from '../chart.js';
import { shellWord } from '../commands/naming.js';
import { failure, ok, warning, type Finding } from './finding.js';
import { checkClock, checkVerified } from './safe.js';

/** The checks by the owner's door; those of the log's and the clock's are closer than what the files tell. */
export async function checkAsOwner(door: OwnerDoor, now: number): Promise<readonly Finding[]> {
  const [newest] = (await door.listEntries({ query: '', limit: 1 })).data;
  const [oldest] = (await door.listEntries({ query: 'seq:1', limit: 1 })).data;
  const [verified] = (await door.listEntries({ query: CHECKPOINTS, limit: 1 })).data;
  const times = { createdAt: timeOf(oldest) ?? now, now };
  return [
    checkClock(timeOf(newest) ?? 0, now),
    checkVerified(timeOf(verified), times),
    await checkLog(door),
    ...(await checkTokens(door)),
  ];
}

/** Each unlock with the password makes a checkpoint too. */
const CHECKPOINTS = 'action:audit.checkpoint,safe.unlock';

function timeOf(entry: { readonly at: string } | undefined): number | null {
  return entry === undefined ? null : Date.parse(entry.at);
}

async function checkLog(door: OwnerDoor): Promise<Finding> {
  const { fault, entries } = await door.verify({ full: false });
  if (fault === null) return ok('log', `The log verifies (${counted(entries, 'entry', 'entries')}).`);
  return failure('log', `The log does not verify: ${escapeText(fault.message)}.`, 'vouchsafe audit verify --full');
}

const MOST_TOKENS = 1_000;

async function checkTokens(door: OwnerDoor): Promise<readonly Finding[]> {
  const { data } = await door.listTokens({ all: false, agentsOnly: false, limit: MOST_TOKENS });
  const ending = data.filter(({ status }) => status === 'expiring' || status === 'expired');
  if (ending.length === 0) return [ok('tokens', 'No token ends within 7 days.')];
  return ending.map(({ name, agent, expires_at: end, status }) => {
    const when = `${status === 'expired' ? 'ended' : 'ends'} on ${(end ?? '').slice(0, 10)}`;
    const next = `vouchsafe ${agent ? 'agent' : 'pat'} renew ${shellWord(name)}`;
    return warning('tokens', `The token ${name} ${when}.`, next);
  });
}
