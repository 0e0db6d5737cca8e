import { expect, it } from 'vitest';
import type { ServerContext } from '../../../services/store-server/context.ts';
import { Counters } from '../../../services/store-server/counters.ts';
import { answerRequest } from '../../../services/store-server/dispatch.ts';
import type { Peer } from '../../../services/store-server/peer.ts';
import { ERROR_CODES, PamojaError } from '../../../shared/mapi/error.ts';
import { type DecodedRequest, decodeResponse } from '../../../shared/protocol/soap/decode.ts';

/** Runs a `deleteFolder` that fails with the given error; returns the answer and the log lines with their levels. */
async function failing(error: Error) {
  const logged: [level: string, fields: Record<string, unknown>][] = [];
  const context = {
    sessions: {
      get() {
        throw error;
      },
    },
    counters: new Counters(),
    log: {
      error: (fields: Record<string, unknown>) => logged.push(['error', fields]),
      debug: (fields: Record<string, unknown>) => logged.push(['debug', fields]),
    },
  } as unknown as ServerContext;
  const values = { ulSessionId: 1n, sEntryId: Buffer.alloc(0), ulFlags: 0, ulSyncId: 0 };
  const peer: Peer = { address: '192.0.2.1', transport: 'plain', trusted: false, loopback: false };
  const request: DecodedRequest = { name: 'deleteFolder', values };
  const answer = await answerRequest(context, request, peer, new AbortController().signal);
  const { result } = decodeResponse('deleteFolder', Buffer.from(answer.envelope));
  return { result, logged };
}

it('an error that no client is to blame for is logged with its operation and its cause', async () => {
  const cause = Object.assign(new Error('Duplicate entry'), { code: 'ER_DUP_ENTRY' });
  const known = new PamojaError('DATABASE_ERROR', 'the database refused a statement', { cause });
  for (const error of [known, cause]) {
    const { result, logged } = await failing(error);
    expect(result).toBe(ERROR_CODES.DATABASE_ERROR);
    expect(logged).toMatchObject([['error', { operation: 'deleteFolder', error: { cause } }]]);
  }
});

it('an error that a client makes is not', async () => {
  const { logged } = await failing(new PamojaError('HAS_FOLDERS', 'the folder has folders below it'));
  expect(logged).toMatchObject([['debug', { operation: 'deleteFolder', code: 'HAS_FOLDERS' }]]);
});
