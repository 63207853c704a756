// udpchat for a rig that measures transports side by side: one connection, channel 0, messages as
// they are. The rig sets UDPCHAT to the folder of an installed package; by default it is found by
// name. UDPCHAT_PLAINTEXT=1 turns encryption off. Options of the transport, for experiments, come as JSON in UDPCHAT_CONFIG.
const { createServer, connect, plaintext } = await import(process.env.UDPCHAT ?? 'udpchat');
const keys = process.env.UDPCHAT_PLAINTEXT === '1' ? { handshakes: plaintext } : {};
const config = JSON.parse(process.env.UDPCHAT_CONFIG ?? '{}');

export default {
  name: 'udpchat',

  async serve({ host, port, onMessage }) {
    const server = createServer({ config, ...keys }, (peer) => {
      peer.on('message', (bytes) => onMessage(Buffer.from(bytes)));
    });
    server.on('error', (error) => process.send?.({ t: 'error', error: error.message }));
    await new Promise((listening) => server.listen({ port, address: host }, listening));
    return server;
  },

  async connect({ host, port }) {
    const peer = await connect({ host, port, config, ...keys });
    peer.on('error', (error) => process.send?.({ t: 'error', error: error.message }));
    let full = false;
    return {
      send: (bytes) => {
        full = !peer.send(bytes);
      },
      drain: () => (full ? new Promise((ready) => peer.once('drain', ready)) : null),
      close: () => peer.destroy(),
    };
  },
};
