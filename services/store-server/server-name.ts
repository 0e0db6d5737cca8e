import { SERVER_NAME } from '../../shared/address-book/server-name.ts';

/** The URL that clients are told for the server: the one that they are connected to. */
export const SERVER_PATH = `pseudo://${SERVER_NAME}`;

/** The version of the protocol, which clients compare with their own. */
export const SERVER_VERSION = '0,11,0,2';
