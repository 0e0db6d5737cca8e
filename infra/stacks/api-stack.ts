import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import { mailHost } from '../constructs/mail-host.ts';
import { PamojaFunction } from '../constructs/pamoja-function.ts';
import type { DataStack } from './data-stack.ts';
import type { NetworkStack } from './network-stack.ts';

export interface ApiStackProps extends StackProps {
  network: NetworkStack;
  data: DataStack;
}

/** The onboarding API: the provider by IAM under /v1, a tenant's administrators by API keys under /admin/v1. */
export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props);
    const tenants = new PamojaFunction(this, 'Tenants', {
      handler: 'tenants',
      description: 'Pamoja: tenants, domains, users and keys',
      environment: {
        ...props.data.programEnvironment(),
        MAIL_HOST: mailHost(this),
      },
      vpc: props.network.vpc,
      securityGroup: props.network.programs,
      timeout: Duration.seconds(29),
      memorySize: 1024,
    });
    props.data.grantUse(tenants);
    const api = new HttpApi(this, 'Api', { description: 'Pamoja: onboarding' });
    const integration = new HttpLambdaIntegration('TenantsIntegration', tenants);
    api.addRoutes({ path: '/v1/openapi.json', methods: [HttpMethod.GET], integration });
    api.addRoutes({
      path: '/v1/{proxy+}',
      methods: [HttpMethod.ANY],
      integration,
      authorizer: new HttpIamAuthorizer(),
    });
    api.addRoutes({ path: '/admin/v1/{proxy+}', methods: [HttpMethod.ANY], integration });
  }
}
