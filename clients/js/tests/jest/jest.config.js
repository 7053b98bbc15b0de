module.exports = {
  globalSetup: "./setup.js",
  globalTeardown: "adjourn/teardown",
};
