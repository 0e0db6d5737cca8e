/** All bytes of a stream as one buffer; for what is known to be small enough to hold. */
export async function collect(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all.length === 1 && all[0] ? all[0] : Buffer.concat(all);
}
