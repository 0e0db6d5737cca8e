import { program } from 'commander';
import { silentLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { fsck } from '../../shared/store/upkeep/fsck.ts';
import { useStackEnvironment } from './environment.ts';

program
  .name('fsck')
  .description('Proves that counters equal what they count and that every body is there. Run it on a system at rest.')
  .option('--data <folder>', 'data folder of the local stack', '.local')
  .option('--json', 'print the report as JSON');
const { data, json } = program.parse().opts<{ data: string; json?: boolean }>();

useStackEnvironment(data);
const store = await composeStore(silentLog);
const report = await fsck(store.db, store.objects);
await store.close();
if (json) console.log(JSON.stringify(report));
else {
  for (const { what, where, expected, found } of report.problems)
    console.log(`${where}: ${what} is ${found}, should be ${expected}`);
  console.log(
    `fsck: ${report.stores} stores, ${report.folders} folders, ${report.messages} messages, ${report.blobs} blobs, ${report.problems.length} problems`,
  );
}
process.exit(report.problems.length > 0 ? 1 : 0);
