declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A DynamoDB endpoint; closing the server closes its database. */
  export default function dynalite(options: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
