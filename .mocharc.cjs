const { availableParallelism } = require("node:os");

module.exports = {
  require: ["ts-node/register/transpile-only"],
  extension: ["ts"],
  timeout: 600000,
  forbidOnly: true,
  // Tests wait more than they compute.
  jobs: Math.max(2, availableParallelism()),
};
