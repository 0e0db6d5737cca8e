import { SERVER_NAME } from '../../shared/address-book/server-name.ts';

/** The URL of the server in answers to clients: the URL that they are connected to. */
export const SERVER_PATH = `pseudo://${SERVER_NAME}`;

/** The version of the protocol, which clients compare with their own. */
export const SERVER_VERSION = '0,11,0,2';
