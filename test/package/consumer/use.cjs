const { AgentRuntime, CodeInterpreter } = require('agentcube');
const { serve } = require('agentcube/agent');
const { testPlatform } = require('agentcube/testing');

console.log([AgentRuntime, CodeInterpreter, serve, testPlatform].map(({ name }) => name).join(' '));
