import { defineConfig } from "@playwright/test";

export default defineConfig({ reporter: "json", outputDir: "../../test-results/failing" });
