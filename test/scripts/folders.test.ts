import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataFolder, privateFolder, stageOf, writeWhole } from '../../scripts/local/folders.ts';
import { startSecrets } from '../../scripts/local/secrets.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'pamoja-folders-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('the data of a local stack', () => {
  it('is for its owner alone where logs, mail, queues and buckets are, also when the folder was open before', () => {
    const open = path.join(data, 'log');
    mkdirSync(open, { mode: 0o755 });
    chmodSync(open, 0o755);
    expect(modeOf(privateFolder(open))).toBe(0o700);
    expect(modeOf(privateFolder(path.join(data, 'outgoing')))).toBe(0o700);
  });

  it.each(['/proc/x', '/dev/null', '/dev/null/x'])('is refused in %s with a message that names --data', (folder) => {
    expect(() => dataFolder(folder)).toThrow(/cannot be used for the data \(E\w+\); choose another one with --data/);
  });

  it('is written whole or not at all, for its owner alone', () => {
    const file = path.join(data, 'secrets.json');
    writeFileSync(file, 'old', { mode: 0o644 });
    writeWhole(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(modeOf(file)).toBe(0o600);
  });
});

describe('secrets', () => {
  it('stay the same from one start to the next', async () => {
    const first = await startSecrets(data);
    first.put('a', 'b');
    await first.stop();
    const second = await startSecrets(data);
    expect(second.get('a')).toBe('b');
    await second.stop();
  });

  it.each(['', '{"a":"b', '[1]', '{"a":1}', 'null'])(
    'that are cut or are none (%j) stop the start, with a message that names the file',
    async (text) => {
      writeFileSync(path.join(data, 'secrets.json'), text);
      await expect(startSecrets(data)).rejects.toThrow(/secrets\.json cannot be read.*Put a copy of it back/s);
    },
  );

  it('keeps the names of its buckets, queues and tables, also those from before there were stages', () => {
    expect([stageOf(data), stageOf(data)]).toEqual(['Pamoja', 'Pamoja']);
    rmSync(path.join(data, 'stage'));
    mkdirSync(path.join(data, 'mariadb'));
    expect([stageOf(data), stageOf(data)]).toEqual(['Kopano', 'Kopano']);
  });
});
