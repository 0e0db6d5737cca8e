/** What clients are told of where the server is: where they are already. */
export const SERVER_NAME = 'Unknown';
export const SERVER_PATH = `pseudo://${SERVER_NAME}`;

/** The version that the protocol is of; clients compare it with their own. */
export const SERVER_VERSION = '0,11,0,2';
