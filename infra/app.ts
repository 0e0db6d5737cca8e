import { App } from 'aws-cdk-lib';
import { ApiStack } from './stacks/api-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { HousekeepingStack } from './stacks/housekeeping-stack.ts';
import { MailInStack } from './stacks/mail-in-stack.ts';
import { MailOutStack } from './stacks/mail-out-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ServicesStack } from './stacks/services-stack.ts';

/** One stack per concern; imports between them run one way: network <- data <- all others. */
const app = new App();
const network = new NetworkStack(app, 'KopanoNetwork');
const data = new DataStack(app, 'KopanoData', { network });
new MailInStack(app, 'KopanoMailIn', { network, data });
const mailOut = new MailOutStack(app, 'KopanoMailOut', { network, data });
new ServicesStack(app, 'PamojaServices', { network, data, mailOut });
new HousekeepingStack(app, 'KopanoHousekeeping', { network, data });
new ApiStack(app, 'KopanoApi', { network, data });
app.synth();
