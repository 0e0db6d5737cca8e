import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** The description of the SOAP interface, and the file that is generated from it. */
export const WSDL_FILE = 'shared/protocol/soap/kcmd.wsdl';
export const INTERFACE_FILE = 'shared/protocol/soap/interface.ts';

type Field = { name: string; type: string; optional: boolean; many: boolean };
type Type = { name: string; kind: 'struct' | 'list' | 'array'; fields: Field[] };

const attributesOf = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));

/** `ns:propVal` and `entryId` by the names that the codec uses. */
function typeName(type: string): string {
  if (type === 'entryId') return 'base64Binary';
  const name = type.replace(/^(?:ns|tns|xsd):/, '');
  return type.startsWith('xsd:') && name === 'Binary' ? 'binary' : name;
}

function readTypes(wsdl: string): Type[] {
  return [...wsdl.matchAll(/<complexType name="([^"]+)">(.*?)<\/complexType>/gs)].map(([, name = '', body = '']) => {
    const choice = /<choice>.*<\/choice>/s.exec(body)?.[0] ?? '';
    const fields = [...body.matchAll(/<element ([^>]*?)\/?>/g)].map(([element, text = '']) => {
      const attributes = attributesOf(text);
      return {
        name: attributes.get('name') ?? '',
        type: typeName(attributes.get('type') ?? ''),
        // A choice has exactly one of its fields.
        optional: attributes.get('minOccurs') === '0' || choice.includes(element),
        many: attributes.get('maxOccurs') === 'unbounded',
      };
    });
    const isArray = body.includes('SOAP-ENC:Array');
    const isList = !isArray && fields.length === 1 && fields[0]?.many === true;
    return { name, kind: isArray ? 'array' : isList ? 'list' : 'struct', fields };
  });
}

interface Operation {
  name: string;
  request: string;
  response: string;
}

/**
 * Responses that the WSDL does not tell right: it knows a message by its name alone, and these share theirs with what another
 * operation answers. As servers answer (recorded in test/fixtures/soap).
 */
const TRUE_RESPONSES: Record<string, readonly Field[]> = Object.fromEntries(
  ['User', 'Group', 'Company'].map((kind) => [
    `create${kind}`,
    [
      { name: `ul${kind}Id`, type: 'unsignedInt', optional: false, many: false },
      { name: `s${kind}Id`, type: 'base64Binary', optional: false, many: false },
      { name: 'er', type: 'unsignedInt', optional: false, many: false },
    ],
  ]),
);

function readInterface(wsdl: string) {
  const messages = new Map(
    [...wsdl.matchAll(/<message name="([^"]+)">(.*?)<\/message>/gs)].map(([, name = '', body = '']) => [
      name,
      [...body.matchAll(/<part ([^>]*?)\/>/g)].map(([, text = '']): Field => {
        const attributes = attributesOf(text);
        const type = typeName(attributes.get('type') ?? '');
        const name = attributes.get('name') ?? '';
        // Values that the interface passes by pointer may be absent: strings, and names that begin with p or lp.
        const pointer =
          type === 'string' || (/^l?p[A-Zs]/.test(name) && (type !== 'base64Binary' || name.startsWith('lps')));
        return { name, type, optional: pointer, many: false };
      }),
    ]),
  );
  const operations = [
    ...wsdl.matchAll(
      /<operation name="([^"]+)">\s*<input message="tns:([^"]+)"\/>\s*<output message="tns:([^"]+)"\/>/g,
    ),
  ].map(([, name = '', request = '', response = '']): Operation => ({ name, request, response }));
  const response = ({ name, response }: Operation) => TRUE_RESPONSES[name] ?? messages.get(response) ?? [];
  return { types: readTypes(wsdl), messages, operations, response };
}

const SCALARS: Record<string, string> = {
  int: 'number',
  unsignedInt: 'number',
  short: 'number',
  float: 'number',
  double: 'number',
  long: 'bigint',
  unsignedLong: 'bigint',
  boolean: 'boolean',
  string: 'string',
  base64Binary: 'Buffer',
  binary: 'BinarySource',
  dateTime: 'string',
};

const pascal = (name: string): string =>
  name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/-/g, '');
const key = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);

function generate(wsdl: string): string {
  const { types, messages, operations, response } = readInterface(wsdl);
  const byName = new Map(types.map((type) => [type.name, type]));
  const tsType = (name: string): string => {
    if (name === 'propVal') return 'Property';
    const scalar = SCALARS[name];
    if (scalar) return scalar;
    const type = byName.get(name);
    if (!type) throw new Error(`the WSDL does not say what ${name} is`);
    if (type.kind === 'struct') return pascal(name);
    const item = type.fields[0]?.type ?? '';
    // A list in a list may be absent, which is another element than an empty one.
    const isList = byName.has(item) && byName.get(item)?.kind !== 'struct';
    return isList ? `(${tsType(item)} | undefined)[]` : `${tsType(item)}[]`;
  };
  // A saveObject is a list of its own kind and a struct: its first field holds the objects below it.
  const fieldType = (field: Field): string => (field.many ? `${tsType(field.type)}[]` : tsType(field.type));
  const members = (fields: readonly Field[], partial: boolean): string =>
    fields
      .map(
        (field) =>
          `${key(field.name)}${partial || field.optional || isReference(field) ? '?' : ''}: ${fieldType(field)};`,
      )
      .join(' ');
  const isReference = (field: Field): boolean =>
    field.many || field.type === 'propVal' || field.type in { base64Binary: 1, binary: 1 } || byName.has(field.type);
  const descriptor = (fields: readonly Field[]): string =>
    `[${fields.map((field) => `['${field.name}', '${field.type}'${field.optional || field.many ? `, '${field.many ? 'many' : 'optional'}'` : ''}]`).join(', ')}]`;
  const structs = types.filter(({ kind, name }) => kind === 'struct' && name !== 'propVal');
  const arrays = [...byName.values()].filter(({ kind }) => kind !== 'struct');
  return `// Made from kcmd.wsdl by scripts/generate-soap.ts; change that, never this.
import type { Property } from '../../mapi/property.ts';
import type { BinarySource, FieldDescriptor } from './types.ts';

${structs.map(({ name, fields }) => `export interface ${pascal(name)} { ${members(fields, false)} }`).join('\n\n')}

/** What a request carries, by operation. Absent and nil are undefined. */
export interface Requests {
${operations.map(({ name, request }) => `${key(name)}: { ${members(messages.get(request) ?? [], false)} };`).join('\n')}
}

/** What a response carries, by operation; what is left out is zero, empty or absent. */
export interface Responses {
${operations.map((operation) => `${key(operation.name)}: { ${members(response(operation), true)} };`).join('\n')}
}

export type OperationName = keyof Requests;

/** The fields of structures, in the order in which they stand on the wire. */
export const STRUCTS: Readonly<Record<string, readonly FieldDescriptor[]>> = {
${structs.map(({ name, fields }) => `${key(name)}: ${descriptor(fields)},`).join('\n')}
};

/** Lists: \`item\` is what repeats; \`soapType\` stands in SOAP-ENC:arrayType, where the list has that attribute. */
export const LISTS: Readonly<Record<string, { item: string; soapType?: string }>> = {
${arrays.map(({ name, kind, fields }) => `${key(name)}: { item: '${fields[0]?.type}'${kind === 'array' ? `, soapType: '${soapType(fields[0]?.type ?? '')}'` : ''} },`).join('\n')}
};

/** Operations: the parts of the request, the element of the response and its parts. */
export const OPERATIONS: Readonly<
  Record<OperationName, { request: readonly FieldDescriptor[]; responseName: string; response: readonly FieldDescriptor[] }>
> = {
${operations.map((operation) => `${key(operation.name)}: { request: ${descriptor(messages.get(operation.request) ?? [])}, responseName: '${operation.response}', response: ${descriptor(response(operation))} },`).join('\n')}
};
`;
}

const soapType = (item: string): string =>
  item in SCALARS ? `xsd:${item}` : item === 'ArrayOfpropVal' ? 'propVal[]' : item;

/** The text of the interface file, as the formatter leaves it. */
export function makeInterface(): string {
  const source = generate(readFileSync(WSDL_FILE, 'utf8'));
  return execFileSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${INTERFACE_FILE}`], {
    input: source,
    encoding: 'utf8',
  });
}

if (import.meta.main) writeFileSync(INTERFACE_FILE, makeInterface());
