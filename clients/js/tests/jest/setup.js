const { shareMock } = require("adjourn");

module.exports = async () => {
  await shareMock({ command: JSON.parse(process.env.MOCK_COMMAND) });
};
