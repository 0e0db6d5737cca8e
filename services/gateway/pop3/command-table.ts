import { authCommand, passCommand, stlsCommand, userCommand } from './authorization-commands.ts';
import { capa } from './capabilities.ts';
import type { Pop3Command } from './command.ts';
import { retr, top } from './retrieve-commands.ts';
import { dele, list, quit, rset, stat, uidl } from './transaction-commands.ts';

/** RFC 6856: text is UTF-8 here, whether the client asks for it or not. */
const utf8: Pop3Command = (session) => session.ok('UTF-8');

const noop: Pop3Command = (session) => session.ok('done');

/** The commands before the login. */
export const AUTHORIZATION: Readonly<Record<string, Pop3Command>> = {
  CAPA: capa,
  USER: userCommand,
  PASS: passCommand,
  AUTH: authCommand,
  STLS: stlsCommand,
  UTF8: utf8,
  QUIT: quit,
};

/** The commands after the login. */
export const TRANSACTION: Readonly<Record<string, Pop3Command>> = {
  CAPA: capa,
  UTF8: utf8,
  NOOP: noop,
  STAT: stat,
  LIST: list,
  UIDL: uidl,
  RETR: retr,
  TOP: top,
  DELE: dele,
  RSET: rset,
  QUIT: quit,
};
