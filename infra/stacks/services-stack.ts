import { Stack, type StackProps } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { NetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { mailHost } from '../constructs/mail-host.ts';
import { PamojaService } from '../constructs/pamoja-service.ts';
import { plainSoapInside } from '../constructs/plain-soap.ts';
import type { DataStack } from './data-stack.ts';
import type { MailOutStack } from './mail-out-stack.ts';
import type { NetworkStack } from './network-stack.ts';

export interface ServicesStackProps extends StackProps {
  network: NetworkStack;
  data: DataStack;
  mailOut: MailOutStack;
}

/** The long-running services: the gateway, submission and the store server for the world, LMTP for the provider's own mail server within the network. */
export class ServicesStack extends Stack {
  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    const { vpc, programs } = props.network;
    const cluster = new Cluster(this, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.ENABLED });
    // The provider puts the certificate of its mail host here, as {"cert": PEM, "key": PEM}.
    const certificate = new Secret(this, 'TlsCertificate', {
      description: 'Pamoja: certificate and key of the mail host, {"cert": PEM, "key": PEM}',
    });

    const world = new SecurityGroup(this, 'World', { vpc, description: 'Mail clients' });
    const tasks = new SecurityGroup(this, 'Tasks', { vpc, description: 'Tasks behind the load balancers' });
    for (const port of [143, 993]) world.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'IMAP');
    for (const port of [110, 995]) world.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'POP3');
    for (const port of [1143, 1993]) tasks.addIngressRule(world, Port.tcp(port), 'IMAP');
    for (const port of [1110, 1995]) tasks.addIngressRule(world, Port.tcp(port), 'POP3');
    const outer = new NetworkLoadBalancer(this, 'Outer', { vpc, internetFacing: true, securityGroups: [world] });
    const gateway = new PamojaService(this, 'Gateway', {
      program: 'gateway',
      cluster,
      securityGroups: [programs, tasks],
      loadBalancer: outer,
      ports: [
        { name: 'imap', container: 1143, public: 143 },
        { name: 'imaps', container: 1993, public: 993 },
        { name: 'pop3', container: 1110, public: 110 },
        { name: 'pop3s', container: 1995, public: 995 },
      ],
      environment: { ...props.data.programEnvironment(), TLS_SECRET_ARN: certificate.secretArn },
    });
    certificate.grantRead(gateway.task.taskRole);
    props.data.grantUse(gateway.task.taskRole);

    for (const port of [587, 465]) world.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'Submission');
    for (const port of [1587, 1465]) tasks.addIngressRule(world, Port.tcp(port), 'Submission');
    const submission = new PamojaService(this, 'Submission', {
      program: 'submission',
      cluster,
      securityGroups: [programs, tasks],
      loadBalancer: outer,
      ports: [
        { name: 'submission', container: 1587, public: 587 },
        { name: 'submissions', container: 1465, public: 465 },
      ],
      environment: {
        ...props.data.programEnvironment(),
        ...props.mailOut.programEnvironment(),
        TLS_SECRET_ARN: certificate.secretArn,
        MAIL_HOST: mailHost(this),
      },
    });
    certificate.grantRead(submission.task.taskRole);
    props.data.grantUse(submission.task.taskRole);
    props.mailOut.grantSubmit(submission.task.taskRole);

    const inside = new SecurityGroup(this, 'Inside', { vpc, description: 'The mail servers of the provider' });
    const inner = new NetworkLoadBalancer(this, 'Inner', { vpc, internetFacing: false, securityGroups: [inside] });

    world.addIngressRule(Peer.anyIpv4(), Port.tcp(237), "Kopano's own clients");
    tasks.addIngressRule(world, Port.tcp(1237), "Kopano's own clients");
    // Port 236 has no TLS, and passwords go over it: it is inside the network or nowhere.
    const plainSoap = plainSoapInside(this);
    if (plainSoap) {
      inside.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(236), "Kopano's own clients within the network");
      tasks.addIngressRule(inside, Port.tcp(1236), "Kopano's own clients within the network");
    }
    // A call for a session of another task is passed on to it.
    tasks.addIngressRule(tasks, Port.tcp(1236), 'Between tasks of the store server');
    const storeServer = new PamojaService(this, 'StoreServer', {
      program: 'store-server',
      cluster,
      securityGroups: [programs, tasks],
      loadBalancer: outer,
      ports: [
        { name: 'soap', container: 1236, ...(plainSoap ? { public: 236, loadBalancer: inner } : {}) },
        { name: 'soaps', container: 1237, public: 237 },
      ],
      environment: {
        ...props.data.programEnvironment(),
        ...props.mailOut.programEnvironment(),
        TLS_SECRET_ARN: certificate.secretArn,
      },
    });
    certificate.grantRead(storeServer.task.taskRole);
    props.data.grantUse(storeServer.task.taskRole);
    props.mailOut.grantSubmit(storeServer.task.taskRole);

    inside.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(24), 'LMTP');
    tasks.addIngressRule(inside, Port.tcp(2003), 'LMTP');
    const lmtp = new PamojaService(this, 'Lmtp', {
      program: 'lmtp',
      cluster,
      securityGroups: [programs, tasks],
      loadBalancer: inner,
      ports: [{ name: 'lmtp', container: 2003, public: 24 }],
      environment: props.data.programEnvironment(),
    });
    props.data.grantUse(lmtp.task.taskRole);
  }
}
