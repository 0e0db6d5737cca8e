import type { IConstruct } from 'constructs';

/** The host that mail clients and other mail servers find: `-c mailHost=mail.example.com`. */
export const mailHost = (scope: IConstruct): string =>
  String(scope.node.tryGetContext('mailHost') ?? 'mail.example.com');
