// Two peers over a link that loses a third of all datagrams, seeded: the same weather every time.
import { connect, createServer, ImpairedMachine, type Machine, parseImpairment } from 'udpchat';

const weather = parseImpairment('loss 30% delay 50ms 10ms');
if (!weather.ok) throw new Error(weather.error.message);
const { impairment } = weather;
const impair = (machine: Machine) => new ImpairedMachine(machine, { impairment, seed: 7 });

const server = createServer({}, (peer) => {
  peer.on('message', (bytes) => peer.send(bytes));
});
server.listen({ port: 0, address: '127.0.0.1' }, async () => {
  const client = await connect({ port: server.address()?.port ?? 0, impair });
  for (let i = 1; i <= 20; i++) setTimeout(() => client.send(`message ${i}`), 50 * i);
  client.on('message', (bytes) => {
    const text = new TextDecoder().decode(bytes);
    console.log(`${text} came back`);
    if (text !== 'message 20') return;
    const { lossOut, lossIn, srtt } = client.stats();
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    console.log(`lost ${percent(lossOut)} out, ${percent(lossIn)} in; rtt ${Math.round(srtt)} ms`);
    client.end();
    server.close();
  });
});
