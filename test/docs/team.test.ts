/** docs/team.md, command by command, on one machine and under one user. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine, TIME_MS } from './page-session.js';

/** There is no root here: what another user would do, this one does, in folders of the test; accounts are not made. */
const SUDO = `
echo "$*" >> "$ROOT/sudo.log"
if [ "$1" = -u ]; then
  [ "$2" = vouchsafe ] && HOME="$ROOT/service" && export VOUCHSAFE_SESSION="$OWNER"
  shift 2
  exec "$@"
fi
case "$1" in
  usermod) ;;
  install) shift; [ "$1" = -d ] && exec mkdir -p "$8"; exec install "$5" "$6" "$7" "$8" ;;
  rm) exec "$@" ;;
  *) exit 9 ;;
esac`;

/** As the page on serving has it, but for the user and systemd. */
const BEFORE = `
export ROOT="$HOME"
mkdir -m 700 ~/service ~/socket
HOME="$ROOT/service" vouchsafe init > ~/before.out 2>&1
# The owner was asked for the password once, as \`unlock -- sh\` does.
eval "$(HOME="$ROOT/service" vouchsafe unlock --shell env 2> ~/before.out)"
export OWNER="$VOUCHSAFE_SESSION"
unset VOUCHSAFE_SESSION
HOME="$ROOT/service" vouchsafe serve --socket ~/socket/mcp.sock > ~/serve.out 2>&1 < /dev/null &
trap "kill $!" EXIT
for try in $(seq 200); do test -S ~/socket/mcp.sock && break; sleep 0.1; done`;

const message = (id: number, method: string, params: object): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'claude-code', version: '2' },
};
const REASON = 'Migrate the orders of staging for OPS-42';

let machine: Machine;
beforeAll(() => {
  machine = new Machine();
  machine.program('sudo', SUDO);
});
afterAll(() => machine.end());

test('a server for a team, as the page has it', { timeout: TIME_MS }, async () => {
  const call = {
    name: 'get_item',
    arguments: { vault: 'Staging', item: 'Orders database', fields: ['password'], reason: REASON },
  };
  const played = await machine.play('docs/team.md', {
    before: BEFORE,
    // What a client says to the server; at the end of it the program ends.
    typed: { 'vouchsafe mcp --connect': message(1, 'initialize', INITIALIZE) + message(2, 'tools/call', call) },
    instead: {
      '/run/vouchsafe/': 'HOME/socket/',
      '/var/lib/vouchsafe/': 'HOME/service/',
      '/home/alice/': 'HOME/alice/',
      '/var/backups/': 'HOME/backups/',
    },
  });
  expect(played.counts.run).toBe(played.counts.all);
  expect(played.of('/readyz')).toContain('ready');
  const answers = played
    .of('vouchsafe mcp --connect')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { result } = answers.find(({ id }) => id === 2);
  expect(JSON.stringify(result.structuredContent)).toMatch(/"name":"password",[^}]*"value":"[^"]{20}/);
  expect(played.of('agent instructions')).toContain('You are `alice-claude`');
  expect(played.of('agent delete alice-claude').replace(/\s+/g, ' ')).toContain('Migrate the orders');
  expect(machine.has('service/alice-claude.token')).toBe(false);
  expect(machine.text('sudo.log')).toContain('usermod --append --groups vouchsafe-agents alice');
});
