#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=20 --
// What the program reads is short-lived: a heap that is collected before it has grown by a fifth takes a third less memory.
// The last -- keeps Node from taking --env-file of `run` for its own, and NODE_OPTIONS out of such a file with it.
// Written so that a very old Node can parse it: what follows must be able to say which Node is needed before anything
// else is loaded. No import.meta and no static import, for the same reason.
var needed = [22, 14];
var running = process.versions.node.split('.').map(Number);

if (running[0] < needed[0] || (running[0] === needed[0] && running[1] < needed[1])) {
  process.exitCode = 1;
  process.stderr.write(
    'vouchsafe: needs Node ' +
      needed.join('.') +
      ' or newer, and this is Node ' +
      process.versions.node +
      '. Install a newer Node (https://nodejs.org) and run the command again.\n',
  );
} else {
  // One server for many agents has its young generation whole; the many other processes do with the least.
  if (process.argv[2] !== 'serve')
    process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
  import('../dist/program/vouchsafe.js').catch(function (error) {
    if (!/^Cannot find module '[^']*dist[\\/]program[\\/]vouchsafe\.js'/.test(error.message)) throw error;
    process.exitCode = 1;
    process.stderr.write('vouchsafe: not built yet. Run `npm run build` in the folder it was cloned to.\n');
  });
}
