import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A resource of a CloudFormation template. */
export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
}

/** A stack of the synthesized CDK app. */
export interface Stack {
  name: string;
  template: Template;
}

/** The output of `cdk synth`: the templates, in the order of their dependencies, and the folders of their assets. */
export interface Assembly {
  stacks: Stack[];
  /** The folder of an asset by its hash. Throws for one that is not there. */
  asset(hash: string): string;
}

interface Manifest {
  artifacts: Record<
    string,
    { type: string; dependencies?: string[]; properties?: { templateFile?: string; stackName?: string } }
  >;
}

interface AssetManifest {
  files?: Record<string, { source: { path: string } }>;
  dockerImages?: Record<string, { source: { directory: string } }>;
}

export function readAssembly(directory: string): Assembly {
  const manifest = json<Manifest>(directory, 'manifest.json');
  const stacks = Object.entries(manifest.artifacts).filter(
    ([, artifact]) => artifact.type === 'aws:cloudformation:stack',
  );
  const assets = new Map<string, string>();
  for (const [id] of stacks) {
    const { files = {}, dockerImages = {} } = json<AssetManifest>(directory, `${id}.assets.json`);
    for (const [hash, { source }] of Object.entries(files)) assets.set(hash, path.join(directory, source.path));
    for (const [hash, { source }] of Object.entries(dockerImages))
      assets.set(hash, path.join(directory, source.directory));
  }
  return {
    stacks: inOrder(stacks.map(([id, { dependencies = [] }]) => ({ id, dependencies }))).map((id) => ({
      name: manifest.artifacts[id]?.properties?.stackName ?? id,
      template: json<Template>(directory, manifest.artifacts[id]?.properties?.templateFile ?? `${id}.template.json`),
    })),
    asset(hash) {
      const found = assets.get(hash);
      if (!found || !existsSync(found)) throw new Error(`the asset ${hash} is not in the assembly`);
      return found;
    },
  };
}

function inOrder(nodes: { id: string; dependencies: string[] }[]): string[] {
  const done: string[] = [];
  const visit = ({ id, dependencies }: { id: string; dependencies: string[] }) => {
    if (done.includes(id)) return;
    for (const node of nodes) if (dependencies.includes(node.id)) visit(node);
    done.push(id);
  };
  nodes.forEach(visit);
  return done;
}

const json = <T>(directory: string, file: string): T =>
  JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as T;
