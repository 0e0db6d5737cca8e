/** The envelope cannot be decoded; the response is a fault (SOAP 1.1 §4.4). */
export class SoapFault extends Error {
  readonly code: 'Client' | 'VersionMismatch';

  constructor(code: 'Client' | 'VersionMismatch', message: string) {
    super(message);
    this.name = 'SoapFault';
    this.code = code;
  }
}
