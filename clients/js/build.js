// Tells Node that what lies in dist/cjs is CommonJS, for Jest and for projects that require().
import { writeFileSync } from "node:fs";

writeFileSync(new URL("dist/cjs/package.json", import.meta.url), '{ "type": "commonjs" }\n');
