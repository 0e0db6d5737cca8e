import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const IMAGE = 'build/image';

const DOCKERFILE = `FROM public.ecr.aws/docker/library/node:24-slim
WORKDIR /app
COPY *.mjs ./
USER node
`;

/** Bundles each long-running service into build/image, the folder that the container image is made from. */
export async function buildServices(): Promise<string[]> {
  const programs = readdirSync('services');
  rmSync(IMAGE, { recursive: true, force: true });
  await build({
    entryPoints: programs.map((program) => ({ in: `services/${program}/main.ts`, out: program })),
    outdir: IMAGE,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    // Some dependencies are CommonJS and ask for Node's own modules by require.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  writeFileSync(`${IMAGE}/Dockerfile`, DOCKERFILE);
  return programs;
}

if (import.meta.main) console.log(`built ${(await buildServices()).join(', ')} into ${IMAGE}`);
