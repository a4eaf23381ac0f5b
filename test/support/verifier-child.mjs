// Runs the verifier that stands alone, whole and anew for each list of arguments that it is sent, and sends back what
// the command printed and its status: a process per case costs ten times as much.
const write = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr']) {
  process[name].setMaxListeners(0); // each run adds its own
  process[name].write = (text) => {
    write[name] += text;
    return true;
  };
}
const [node, , verifier] = process.argv;
let runs = 0;

process.on('message', async (args) => {
  [write.stdout, write.stderr, process.exitCode] = ['', '', undefined];
  process.argv = [node, verifier, ...args];
  await import(`${verifier}?${String((runs += 1))}`);
  process.send({ status: process.exitCode ?? 0, ...write });
});
