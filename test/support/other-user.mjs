// What a user with a shell can try against a server of another user. Run as: other-user.mjs FACTS, with
// {pid, socket, files, folders, program, env, item, isGentle}. Prints for each attempt 'done', or what stood in the way.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, linkSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const { pid, socket, files, folders, own, program, env, item, isGentle } = JSON.parse(process.argv[2]);
const of = (name) => `/proc/${pid}/${name}`;

/** Reading, which changes nothing: what the server's own user may do. */
const looks = {
  ...Object.fromEntries(files.map((file) => [`read ${file}`, () => readFileSync(file)])),
  ...Object.fromEntries(folders.map((folder) => [`list ${folder}`, () => readdirSync(folder)])),
  'its environment': () => readFileSync(of('environ')),
  'its files': () => readdirSync(of('fd')),
  'its folder': () => void readlinkSync(of('cwd')),
  'a signal that does nothing': () => process.kill(pid, 0),
  'the program with the safe, as the token': () => ask(['item', 'view', item, '--reveal', '--reason', 'Have a look']),
  'a server of its own on the safe': () => askOverStdio(),
};

const attacks = {
  ...Object.fromEntries(files.map((file) => [`write ${file}`, () => closeSync(openSync(file, 'r+'))])),
  ...Object.fromEntries(files.map((file, n) => [`link ${file}`, () => linkSync(file, join(own, `link-${n}`))])),
  ...Object.fromEntries(folders.map((folder) => [`plant in ${folder}`, () => writeFileSync(join(folder, 'x'), '')])),
  'its memory': () => closeSync(openSync(of('mem'), 'r')),
  'the map of its memory': () => readFileSync(of('maps')),
  'its open database': () => readFileSync(of('fd/21')),
  'its inspector': () => process._debugProcess(pid),
  'the signal of the inspector': () => process.kill(pid, 'SIGUSR1'),
  'stopping it': () => process.kill(pid, 'SIGSTOP'),
  'ending it': () => process.kill(pid, 'SIGTERM'),
  'killing it': () => process.kill(pid, 'SIGKILL'),
  'removing the socket': () => rmSync(socket),
  'putting another socket in its place': () => renameSync(join(own, 'own.sock'), socket),
  'moving the socket away': () => renameSync(socket, join(own, 'taken.sock')),
  'opening the socket to all': () => chmodSync(socket, 0o666),
  'a file beside the socket': () => writeFileSync(`${socket}.new`, ''),
};

/** Calls of the kernel that Node has no name for, by number; perl is on every Debian. */
const [ptrace, readMemory] = { x64: [101, 310], arm64: [117, 270] }[process.arch] ?? [];
const [ATTACH, PIDFD_OPEN, PIDFD_GETFD] = [16, 434, 438];
const calls = {
  'attaching a debugger': `syscall(${ptrace}, ${ATTACH}, ${pid}, 0, 0)`,
  'reading its memory': `do { my $b = "\\0" x 8; my $v = pack("QQ", unpack("Q", pack("p", $b)), 8); my $r = pack("QQ", 4194304, 8); syscall(${readMemory}, ${pid}, $v, 1, $r, 1, 0) }`,
  'taking one of its files': `syscall(${PIDFD_GETFD}, syscall(${PIDFD_OPEN}, ${pid}, 0), 3, 0)`,
};

function byPerl(call) {
  const told = execFileSync('perl', [
    '-MErrno',
    '-e',
    `my $r = ${call}; print $r == -1 ? (grep { $!{$_} } keys %!)[0] : 'done'`,
  ]);
  return told.toString();
}

function ask(args, input = '') {
  const { stdout, stderr } = spawnSync(process.execPath, ['--', program, ...args], { env, input, cwd: '/' });
  return `${stdout}${stderr}`;
}

function askOverStdio() {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'plain', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const [vault, title] = item.split('/');
  const wanted = { vault, item: title, fields: ['password'], reason: 'Have a look' };
  const params = { name: 'get_item', arguments: wanted, _meta: meta };
  return ask(['mcp'], `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })}\n`);
}

function attempt(run) {
  try {
    const told = run();
    return typeof told === 'string' ? told : 'done';
  } catch (error) {
    return error.code ?? (/ (E[A-Z]+)/.exec(error.message)?.[1] || error.message);
  }
}

const attempts = isGentle ? looks : { ...looks, ...attacks };
if (!isGentle) await new Promise((resolve) => createServer().listen(join(own, 'own.sock'), resolve).unref());
const told = Object.entries(attempts).map(([name, run]) => [name, attempt(run)]);
if (!isGentle) {
  const inPlace = new Promise((resolve) =>
    createServer()
      .once('error', ({ code }) => resolve(code))
      .listen(socket, () => resolve('done')),
  );
  told.push(['listening in its place', await inPlace]);
  if (ptrace !== undefined && existsSync('/usr/bin/perl'))
    for (const [name, call] of Object.entries(calls)) told.push([name, attempt(() => byPerl(call))]);
}
process.stdout.write(JSON.stringify(Object.fromEntries(told)));
