import { App } from 'aws-cdk-lib';
import { stage } from './constructs/stage.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { MailInStack } from './stacks/mail-in-stack.ts';
import { MailOutStack } from './stacks/mail-out-stack.ts';
import { MaintenanceStack } from './stacks/maintenance-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ServicesStack } from './stacks/services-stack.ts';

/** One stack per concern; imports between them run one way: network <- data <- all others. */
const app = new App();
const name = stage(app);
const network = new NetworkStack(app, `${name}Network`);
const data = new DataStack(app, `${name}Data`, { network });
new MailInStack(app, `${name}MailIn`, { network, data });
const mailOut = new MailOutStack(app, `${name}MailOut`, { network, data });
new ServicesStack(app, `${name}Services`, { network, data, mailOut });
new MaintenanceStack(app, `${name}Maintenance`, { network, data });
new ApiStack(app, `${name}Api`, { network, data });
app.synth();
