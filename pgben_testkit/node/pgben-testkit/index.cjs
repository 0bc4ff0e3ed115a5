'use strict';
// Asks the desk of `pgben-testkit run` (one line of JSON each way, over the Unix socket PGBEN_DESK names).
const net = require('node:net');

let desk = null;

function connect() {
  const path = process.env.PGBEN_DESK;
  if (!path) throw new Error('PGBEN_DESK is not set: start the suite by `pgben-testkit run -- ...`');
  const socket = net.createConnection(path);
  const waiting = [];
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const reply = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      const { resolve, reject } = waiting.shift();
      if (reply.error) reject(new Error([reply.error.what, reply.error.why, reply.error.remedy].filter(Boolean).join('; ')));
      else resolve(reply.ok);
    }
  });
  const gone = (error) => {
    desk = null;
    for (const { reject } of waiting.splice(0)) reject(error || new Error('the run of pgben-testkit has ended'));
  };
  socket.on('error', gone);
  socket.on('close', () => gone());
  socket.unref();
  return { socket, waiting };
}

function ask(request) {
  return new Promise((resolve, reject) => {
    desk = desk || connect();
    const { socket, waiting } = desk;
    const settle = (how) => (value) => {
      if (waiting.length === 0) socket.unref();
      how(value);
    };
    waiting.push({ resolve: settle(resolve), reject: settle(reject) });
    socket.ref();
    socket.write(JSON.stringify(request) + '\n');
  });
}

async function lend(service) {
  const lent = await ask({ ask: 'lend', service });
  let given = null;
  const giveBack = () => (given ??= ask({ ask: 'give-back', name: lent.name }).then(() => undefined));
  return { ...lent, giveBack };
}

const freshDatabase = () => lend('postgres');
const freshBucket = () => lend('storage');
const freshRedis = () => lend('redis');
const close = () => void (desk && desk.socket.end());

// Names alone: so the named imports of an ES module find them
module.exports = { freshDatabase, freshBucket, freshRedis, close };
