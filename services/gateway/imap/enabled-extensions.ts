/** Extensions that change the responses a client gets unasked; they count once the client has enabled them. */
export type Extension = 'CONDSTORE' | 'QRESYNC' | 'UTF8=ACCEPT' | 'IMAP4REV2' | 'METADATA' | 'METADATA-SERVER';

/** The extensions that a client has enabled (RFC 5161), by ENABLE or by using them. */
export class EnabledExtensions {
  private readonly enabled = new Set<Extension>();

  has(extension: Extension): boolean {
    return this.enabled.has(extension);
  }

  /** RFC 7162 §3.2.3: QRESYNC enables CONDSTORE too. */
  add(extension: Extension): void {
    this.enabled.add(extension);
    if (extension === 'QRESYNC') this.enabled.add('CONDSTORE');
  }

  /** Whether the client speaks IMAP4rev2 (RFC 9051). */
  get rev2(): boolean {
    return this.enabled.has('IMAP4REV2');
  }

  /** Whether mailbox names go over the wire in UTF-8 (RFC 9051 §5.1, RFC 6855 §3). */
  get utf8(): boolean {
    return this.rev2 || this.enabled.has('UTF8=ACCEPT');
  }
}
