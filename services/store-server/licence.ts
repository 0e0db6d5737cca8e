import { Blowfish } from 'egoroof-blowfish';

// Clients ask for their licence at logon, and accept only an answer that is encrypted as a server does it (DESIGN, "Facts that no file says").

const KEY = Buffer.from('94465fbf9e64a5f1f3f9de1eeeb2efcf', 'hex');
const IV = Buffer.from('5c769d91b2ec2958', 'hex');
const BLOCK = 8;

/** The maximum length of a request. */
const MAX_REQUEST = 4096;

const ANSWER = '{\n\t"err" : 0,\n\t"ers" : "Success"\n}';

function cipher(padding: keyof typeof Blowfish.PADDING): Blowfish {
  const blowfish = new Blowfish(KEY, Blowfish.MODE.CBC, Blowfish.PADDING[padding]);
  blowfish.setIv(IV);
  return blowfish;
}

/** Answers a licence request: everything is allowed. Undefined for bytes that are no request. */
export function licenceAnswer(request: Buffer | undefined): Buffer | undefined {
  if (!request || request.length < BLOCK || request.length % BLOCK !== 0 || request.length > MAX_REQUEST)
    return undefined;
  const plain = Buffer.from(cipher('NULL').decode(request.subarray(0, BLOCK), Blowfish.TYPE.UINT8_ARRAY));
  // Version and tracking id are the request's; flags are all set; the status is 0.
  const header = Buffer.alloc(24);
  plain.copy(header, 0, 0, 8);
  header.fill(0xff, 8, 16);
  return Buffer.from(cipher('PKCS5').encode(Buffer.concat([header, Buffer.from(ANSWER, 'latin1')])));
}
