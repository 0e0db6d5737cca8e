import { Stack, type StackProps } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { NetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { mailHost } from '../constructs/mail-host.ts';
import { PamojaService, type PamojaServiceProps } from '../constructs/pamoja-service.ts';
import { plainSoapInside } from '../constructs/plain-soap.ts';
import type { DataStack } from './data-stack.ts';
import type { MailOutStack } from './mail-out-stack.ts';
import type { NetworkStack } from './network-stack.ts';

export interface ServicesStackProps extends StackProps {
  network: NetworkStack;
  data: DataStack;
  mailOut: MailOutStack;
}

/** A load balancer with the security group of its clients. */
interface Entrance {
  clients: SecurityGroup;
  loadBalancer: NetworkLoadBalancer;
}

/**
 * The long-running services. The gateway, submission and the store server are reached from the internet, LMTP from the provider's own mail
 * server within the network.
 */
export class ServicesStack extends Stack {
  private readonly props: ServicesStackProps;
  private readonly cluster: Cluster;
  private readonly certificate: Secret;
  private readonly tasks: SecurityGroup;

  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    this.props = props;
    const { vpc } = props.network;
    this.cluster = new Cluster(this, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.ENABLED });
    // The provider puts the certificate of its mail host here, as {"cert": PEM, "key": PEM}.
    this.certificate = new Secret(this, 'TlsCertificate', {
      description: 'Pamoja: certificate and key of the mail host, {"cert": PEM, "key": PEM}',
    });
    const clients = new SecurityGroup(this, 'World', { vpc, description: 'Mail clients' });
    this.tasks = new SecurityGroup(this, 'Tasks', { vpc, description: 'Tasks behind the load balancers' });
    const outer = {
      clients,
      loadBalancer: new NetworkLoadBalancer(this, 'Outer', { vpc, internetFacing: true, securityGroups: [clients] }),
    };
    this.addGateway(outer);
    this.addSubmission(outer);
    const servers = new SecurityGroup(this, 'Inside', { vpc, description: 'The mail servers of the provider' });
    const inner = {
      clients: servers,
      loadBalancer: new NetworkLoadBalancer(this, 'Inner', { vpc, internetFacing: false, securityGroups: [servers] }),
    };
    this.addStoreServer(outer, inner);
    this.addLmtp(inner);
  }

  private addGateway({ clients, loadBalancer }: Entrance): void {
    for (const port of [143, 993]) clients.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'IMAP');
    for (const port of [110, 995]) clients.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'POP3');
    for (const port of [1143, 1993]) this.tasks.addIngressRule(clients, Port.tcp(port), 'IMAP');
    for (const port of [1110, 1995]) this.tasks.addIngressRule(clients, Port.tcp(port), 'POP3');
    const gateway = this.addService('Gateway', {
      program: 'gateway',
      loadBalancer,
      ports: [
        { name: 'imap', container: 1143, public: 143 },
        { name: 'imaps', container: 1993, public: 993 },
        { name: 'pop3', container: 1110, public: 110 },
        { name: 'pop3s', container: 1995, public: 995 },
      ],
      environment: this.tlsEnvironment(),
    });
    this.certificate.grantRead(gateway.task.taskRole);
    this.props.data.grantUse(gateway.task.taskRole);
  }

  private addSubmission({ clients, loadBalancer }: Entrance): void {
    for (const port of [587, 465]) clients.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'Submission');
    for (const port of [1587, 1465]) this.tasks.addIngressRule(clients, Port.tcp(port), 'Submission');
    const submission = this.addService('Submission', {
      program: 'submission',
      loadBalancer,
      ports: [
        { name: 'submission', container: 1587, public: 587 },
        { name: 'submissions', container: 1465, public: 465 },
      ],
      environment: {
        ...this.props.mailOut.programEnvironment(),
        ...this.tlsEnvironment(),
        MAIL_HOST: mailHost(this),
      },
    });
    this.certificate.grantRead(submission.task.taskRole);
    this.props.data.grantUse(submission.task.taskRole);
    this.props.mailOut.grantSubmit(submission.task.taskRole);
  }

  private addStoreServer(outer: Entrance, inner: Entrance): void {
    outer.clients.addIngressRule(Peer.anyIpv4(), Port.tcp(237), "Kopano's own clients");
    this.tasks.addIngressRule(outer.clients, Port.tcp(1237), "Kopano's own clients");
    // Port 236 has no TLS and carries passwords, so it is never open to the internet.
    const plainSoap = plainSoapInside(this);
    if (plainSoap) {
      const { vpc } = this.props.network;
      inner.clients.addIngressRule(
        Peer.ipv4(vpc.vpcCidrBlock),
        Port.tcp(236),
        "Kopano's own clients within the network",
      );
      this.tasks.addIngressRule(inner.clients, Port.tcp(1236), "Kopano's own clients within the network");
    }
    // A task forwards calls for another task's session to that task.
    this.tasks.addIngressRule(this.tasks, Port.tcp(1236), 'Between tasks of the store server');
    const storeServer = this.addService('StoreServer', {
      program: 'store-server',
      loadBalancer: outer.loadBalancer,
      ports: [
        {
          name: 'soap',
          container: 1236,
          ...(plainSoap ? { public: 236, loadBalancer: inner.loadBalancer } : {}),
        },
        { name: 'soaps', container: 1237, public: 237 },
      ],
      environment: { ...this.props.mailOut.programEnvironment(), ...this.tlsEnvironment() },
    });
    this.certificate.grantRead(storeServer.task.taskRole);
    this.props.data.grantUse(storeServer.task.taskRole);
    this.props.mailOut.grantSubmit(storeServer.task.taskRole);
  }

  private addLmtp({ clients, loadBalancer }: Entrance): void {
    clients.addIngressRule(Peer.ipv4(this.props.network.vpc.vpcCidrBlock), Port.tcp(24), 'LMTP');
    this.tasks.addIngressRule(clients, Port.tcp(2003), 'LMTP');
    const lmtp = this.addService('Lmtp', {
      program: 'lmtp',
      loadBalancer,
      ports: [{ name: 'lmtp', container: 2003, public: 24 }],
      environment: {},
    });
    this.props.data.grantUse(lmtp.task.taskRole);
  }

  /** A service of the cluster, whose environment says where the data is. */
  private addService(
    id: string,
    { environment, ...props }: Omit<PamojaServiceProps, 'cluster' | 'securityGroups'>,
  ): PamojaService {
    return new PamojaService(this, id, {
      ...props,
      cluster: this.cluster,
      securityGroups: [this.props.network.programs, this.tasks],
      environment: { ...this.props.data.programEnvironment(), ...environment },
    });
  }

  private tlsEnvironment(): Record<string, string> {
    return { TLS_SECRET_ARN: this.certificate.secretArn };
  }
}
