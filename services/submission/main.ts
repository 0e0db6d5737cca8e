import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listen, onShutdown, serveSessions } from '../../shared/net/session-server.ts';
import { UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import { compose } from './compose.ts';
import { SubmissionSession } from './session.ts';

const { variables, certificate, context, log, close } = await compose();

const unauthenticated = new UnauthenticatedLimit(log);
const plain = serveSessions((socket) => new SubmissionSession(socket, context, false), log, unauthenticated);
const secure = serveSessions((socket) => new SubmissionSession(socket, context, true), log, unauthenticated);
const submission = createServer({ allowHalfOpen: false }, plain.accept);
const submissions = createTlsServer({ ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: 20_000 }, secure.accept);
submissions.on('tlsClientError', () => {});
for (const server of [submission, submissions]) unauthenticated.watch(server);
await listen(submission, variables.SUBMISSION_PORT, variables.LISTEN_HOST);
await listen(submissions, variables.SUBMISSIONS_PORT, variables.LISTEN_HOST);
log.info({ submission: variables.SUBMISSION_PORT, submissions: variables.SUBMISSIONS_PORT }, 'listening');

onShutdown(async () => {
  const closed = [submission, submissions].map((server) => new Promise((resolve) => server.close(resolve)));
  for (const sessions of [plain, secure]) sessions.endAll('421 4.3.2 The service is shutting down');
  await Promise.all(closed);
  await close();
});
