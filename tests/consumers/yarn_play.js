// Plays Yarn projects with bondage. One request a line on stdin, one answer a line on stdout.
//
// request  {"files": {name: source}, "plays": [{"rolls": [bool], "steps": [step]}]}
// step     {"goto": node} | {"choose": index among the open ones} | {"call": node} | {"set": {name: value}} | {"get": [name]}
// answer   {"faults": [message], "plays": [[result of each step]]}
// A step that fails has the result {"error": message}, and those after it have none (null).
// The lines are as bondage gives them: it knows no markup, so `Name: ` and `[character ...]` are still in the text.
"use strict";
const readline = require("node:readline");
const { Worker, isMainThread, parentPort } = require("node:worker_threads");
const bondage = require("@mnbroatch/bondage");

function shown(result) {
  return { text: result.text.trimEnd(), tags: result.hashtags || [] };
}

// Reads the sources once for all plays; returns a function that plays from fresh variables.
function project(sources) {
  let left = [];
  const values = new Map();
  const runner = new bondage.Runner();
  runner.setVariableStorage(values);
  for (const source of sources) runner.load(source);
  runner.registerFunction("skill_check", () => left.shift());
  const declared = [...values];
  return ({ rolls, steps }) => {
    left = [...rolls];
    values.clear();
    for (const [name, value] of declared) values.set(name, value);
    return play(runner, values, steps);
  };
}

function play(runner, values, steps) {
  let dialogue = null;
  let offer = null;
  let open = [];

  function run() {
    const lines = [];
    offer = null;
    for (;;) {
      const { value, done } = dialogue.next();
      if (value instanceof bondage.TextResult) lines.push(shown(value));
      else if (value instanceof bondage.OptionsResult) {
        offer = value;
        open = value.options.map((option, index) => ({ option, index })).filter(({ option }) => option.isAvailable);
        return { lines, choices: open.map(({ option }) => shown(option)) };
      } else if (value) throw new Error(`unexpected result ${JSON.stringify(value)}`);
      if (done) return { lines, choices: [] };
    }
  }

  function perform(step) {
    if ("goto" in step || "call" in step) {
      dialogue = runner.run(step.goto || step.call);
      return run();
    }
    if ("choose" in step) {
      offer.select(open[step.choose].index);
      return run();
    }
    if ("set" in step) {
      for (const [name, value] of Object.entries(step.set)) values.set(name, value);
      return null;
    }
    return Object.fromEntries(step.get.map((name) => [name, values.get(name)]));
  }

  let failed = null;
  return steps.map((step) => {
    if (failed) return null;
    try {
      return perform(step);
    } catch (error) {
      failed = String(error);
      return { error: failed };
    }
  });
}

function answer(request) {
  try {
    const { files, plays } = JSON.parse(request);
    const sources = Object.keys(files).filter((name) => name.endsWith(".yarn")).map((name) => files[name]);
    const play = project(sources);
    return { faults: [], plays: plays.map((one) => play(one)) };
  } catch (error) {
    return { faults: [String((error && error.stack) || error)], plays: [] };
  }
}

if (isMainThread) {
  // bondage goes one call deeper with every piece of text between two options: it needs more stack than the main thread.
  const worker = new Worker(__filename, { resourceLimits: { stackSizeMb: 128 } });
  worker.on("message", (result) => process.stdout.write(result + "\n"));
  const input = readline.createInterface({ input: process.stdin });
  input.on("line", (line) => worker.postMessage(line));
  input.on("close", () => worker.terminate());
} else {
  parentPort.on("message", (line) => parentPort.postMessage(JSON.stringify(answer(line))));
}
