/** The values of Ref and Fn::GetAtt of a resource that exists. */
export interface Physical {
  ref: string;
  attribute(name: string): string;
}

export interface Scope {
  stack: string;
  region: string;
  account: string;
  resource(logicalId: string): Physical;
  imported(exportName: string): unknown;
}

/** Resolves CloudFormation's intrinsic functions in a value; throws for one that is not known here. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? ['', undefined];
  if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) return intrinsic(name, argument, scope);
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, scope)]));
}

/** The same for a value that must come out as text. */
export function resolveText(value: unknown, scope: Scope): string {
  const resolved = resolve(value, scope);
  if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean')
    return String(resolved);
  throw new Error(`text expected, not ${JSON.stringify(resolved)}`);
}

function intrinsic(name: string, argument: unknown, scope: Scope): unknown {
  switch (name) {
    case 'Ref':
      return pseudoParameter(String(argument), scope) ?? scope.resource(String(argument)).ref;
    case 'Fn::GetAtt': {
      const [id = '', ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
      return scope.resource(id).attribute(attribute.join('.'));
    }
    case 'Fn::ImportValue':
      return scope.imported(resolveText(argument, scope));
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map((part) => resolveText(part, scope)).join(separator);
    }
    case 'Fn::Sub':
      return substitute(argument as string | [string, Record<string, unknown>], scope);
    case 'Fn::Select': {
      const [index, list] = argument as [number | string, unknown];
      return (resolve(list, scope) as unknown[])[Number(index)];
    }
    case 'Fn::Split': {
      const [separator, text] = argument as [string, unknown];
      return resolveText(text, scope).split(separator);
    }
    case 'Fn::GetAZs':
      return [`${scope.region}a`, `${scope.region}b`];
    default:
      throw new Error(`the local stack does not know the function ${name}`);
  }
}

function substitute(argument: string | [string, Record<string, unknown>], scope: Scope): string {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  return text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
    if (name in variables) return resolveText(variables[name], scope);
    const [id = '', ...attribute] = name.split('.');
    return (
      pseudoParameter(name, scope) ??
      (attribute.length > 0 ? scope.resource(id).attribute(attribute.join('.')) : scope.resource(id).ref)
    );
  });
}

function pseudoParameter(name: string, scope: Scope): string | undefined {
  switch (name) {
    case 'AWS::Region':
      return scope.region;
    case 'AWS::AccountId':
      return scope.account;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return scope.stack;
    case 'AWS::NoValue':
      return '';
    default:
      return undefined;
  }
}
