import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

// Fetches Debian's MySQL (of its suite unstable: others have MariaDB alone) with all the libraries that it needs into .local/mysql/root,
// without installing anything. `scripts/test` then runs the integration tests on it too; MYSQL_ROOT=.local/mysql/root runs any of them.

const MIRROR = 'http://deb.debian.org/debian';
const directory = path.resolve('.local/mysql');
rmSync(directory, { recursive: true, force: true });
for (const folder of ['lists/partial', 'cache/archives/partial', 'packages', 'root'])
  mkdirSync(path.join(directory, folder), { recursive: true });
const inFolder = (name: string) => path.join(directory, name);
writeFileSync(
  inFolder('sources.list'),
  `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${MIRROR} unstable main\n`,
);
writeFileSync(inFolder('status'), '');

/** Lists, state and cache of their own: the machine's packages are neither looked at nor changed. */
const OWN = [
  `Dir::Etc::sourcelist=${inFolder('sources.list')}`,
  'Dir::Etc::sourceparts=/dev/null',
  `Dir::State::Lists=${inFolder('lists')}`,
  `Dir::State::status=${inFolder('status')}`,
  `Dir::Cache=${inFolder('cache')}`,
  'APT::Sandbox::User=root',
].flatMap((option) => ['-o', option]);

const WITHOUT = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);

execFileSync('apt-get', [...OWN, 'update'], { stdio: 'inherit' });
const found = execFileSync(
  'apt-cache',
  [...OWN, 'depends', '--recurse', ...WITHOUT, 'mysql-server-core', 'mysql-client-core'],
  { encoding: 'utf8' },
);
// Only the server program is needed: the packages need Perl for scripts alone.
const packages = [...new Set(found.match(/^[a-z]\S*$/gm))].filter((name) => !name.includes('perl'));
execFileSync('apt-get', [...OWN, 'download', ...packages], { cwd: inFolder('packages'), stdio: 'inherit' });
for (const file of readdirSync(inFolder('packages')))
  execFileSync('dpkg-deb', ['-x', path.join(inFolder('packages'), file), inFolder('root')]);
for (const folder of ['lists', 'cache', 'packages']) rmSync(inFolder(folder), { recursive: true, force: true });
console.log(`fetched ${packages.length} packages into ${inFolder('root')}`);
