/** The name that clients are told for the server. All tasks are equal, so it names none of them. */
export const SERVER_NAME = 'Unknown';
