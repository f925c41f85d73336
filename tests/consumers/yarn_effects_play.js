// Plays Yarn projects with bondage as a game that listens to commands. One request a line on stdin, one answer a line.
//
// request  {"files": {name: source}, "plays": [{"start": node, "picks": [number], "rolls": [bool]}]}
//          a pick is the number of an open option, counted around; a play ends with its picks or its dialogue
// answer   {"faults": [message], "plays": [{"commands": [text], "values": {variable: value}}]}
"use strict";
const readline = require("node:readline");
const bondage = require("@mnbroatch/bondage");

// Reads the sources once; returns a function that plays from a new game.
function project(sources) {
  let left = [];
  const values = new Map();
  const runner = new bondage.Runner();
  runner.setVariableStorage(values);
  for (const source of sources) runner.load(source);
  runner.registerFunction("skill_check", () => left.shift());
  return (one) => {
    left = [...one.rolls];
    values.clear();
    return play(runner, values, one);
  };
}

function play(runner, values, { start, picks }) {
  const commands = [];
  for (const node of ["gamegen_new_game", start]) {
    for (const result of runner.run(node)) {
      if (result instanceof bondage.CommandResult) commands.push(result.command);
      else if (result instanceof bondage.OptionsResult) {
        if (!picks.length) return { commands, values: Object.fromEntries(values) };
        const open = result.options.map((option, index) => ({ option, index })).filter(({ option }) => option.isAvailable);
        result.select(open[picks.shift() % open.length].index);
      } else if (result && !(result instanceof bondage.TextResult)) {
        throw new Error(`unexpected result ${JSON.stringify(result)}`);
      }
    }
  }
  return { commands, values: Object.fromEntries(values) };
}

function answer(request) {
  try {
    const { files, plays } = JSON.parse(request);
    const sources = Object.keys(files).filter((name) => name.endsWith(".yarn")).map((name) => files[name]);
    return { faults: [], plays: plays.map(project(sources)) };
  } catch (error) {
    return { faults: [String((error && error.stack) || error)], plays: [] };
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(answer(line)) + "\n");
});
