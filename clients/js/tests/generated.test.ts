import { expect, test } from "vitest";
// @ts-expect-error A script without declarations.
import { outdated } from "../generate.js";

test("the generated types are those of the contract; `npm run generate` makes them so", async () => {
  expect(await outdated()).toEqual([]);
});
