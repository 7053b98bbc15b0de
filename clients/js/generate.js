// Writes the types of the API and of its control plane, from the files that the mock serves.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const SOURCES = { api: "../../openapi.yaml", admin: "../../mock_server/admin.yaml" };

/** The files under src/generated as they ought to be, by their addresses. */
export async function generated() {
  const made = Object.entries(SOURCES).map(async ([name, source]) => {
    // A member with a default may be left out of a request; an object without members is any.
    const options = { defaultNonNullable: false, emptyObjectsUnknown: true };
    const tree = await openapiTS(new URL(source, import.meta.url), options);
    const file = new URL(`src/generated/${name}.ts`, import.meta.url);
    return /** @type {const} */ ([file, COMMENT_HEADER + astToString(tree)]);
  });
  return Promise.all(made);
}

/** Those of them that are not as they ought to be. */
export async function outdated() {
  const kept = await Promise.all(
    (await generated()).map(
      async ([file, text]) => (await readFile(file, "utf8")) === text || file,
    ),
  );
  return kept.filter((file) => file !== true);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of await generated()) await writeFile(file, text);
}
