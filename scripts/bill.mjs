// The bill of materials: what the program is made of at run time, as CycloneDX.
import { readJson } from './manifests.mjs';
import { runNpm, runtimePackages } from './program.mjs';

const REF = 'bom-ref';

/** What npm calls a package in a bill, by its path in the lock. */
const refOf = (lock) => (path) => `${path.split('node_modules/').at(-1)}@${lock.packages[path].version}`;

/**
 * The bill without what only developers need. npm could leave that out too (`--omit dev`), and then leaves out whatever one
 * of their packages needs besides. It also names the project after its folder.
 */
export function runtimeBill(bill, lock) {
  const component = { ...bill.metadata.component, name: lock.name };
  const needed = new Set(runtimePackages(lock).map(refOf(lock)));
  const components = bill.components.filter((one) => needed.has(one[REF]));
  const refs = new Set([component, ...components].map((one) => one[REF]));
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((name) => refs.has(name)) }));
  return { ...bill, metadata: { ...bill.metadata, component }, components, dependencies };
}

/** The text of the bill, from the lock alone. */
export function billOfMaterials() {
  const text = runNpm('sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only');
  return `${JSON.stringify(runtimeBill(JSON.parse(text), readJson('package-lock.json')), null, 2)}\n`;
}
