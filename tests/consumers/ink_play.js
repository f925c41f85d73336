// Compiles Ink projects with inkjs and plays them. One request a line on stdin, one answer a line on stdout.
//
// request  {"main": name, "files": {name: source}, "plays": [{"rolls": [bool], "steps": [step]}]}
// step     {"goto": knot} | {"choose": index} | {"call": function} | {"set": {name: value}} | {"get": [name]}
// answer   {"faults": [message], "story": compiled JSON, "plays": [[result of each step]]}
// A step that fails has the result {"error": message}, and those after it have none (null).
// A warning is a fault like an error: what Ink warns of fails when it is played.
"use strict";
const readline = require("node:readline");
const { Compiler, CompilerOptions, JsonFileHandler } = require("inkjs/full");

function run(story) {
  const lines = [];
  while (story.canContinue) {
    const text = story.Continue().replace(/\n$/, "");
    if (text !== "") lines.push({ text, tags: [...story.currentTags] });
  }
  const choices = story.currentChoices.map((choice) => ({ text: choice.text, tags: [...(choice.tags || [])] }));
  return { lines, choices };
}

function perform(story, step) {
  if ("goto" in step) {
    story.ChoosePathString(step.goto);
    return run(story);
  }
  if ("choose" in step) {
    story.ChooseChoiceIndex(step.choose);
    return run(story);
  }
  if ("call" in step) return story.EvaluateFunction(step.call);
  if ("set" in step) {
    for (const [name, value] of Object.entries(step.set)) story.variablesState[name] = value;
    return null;
  }
  return Object.fromEntries(step.get.map((name) => [name, story.variablesState[name]]));
}

function answer({ main, files, plays }) {
  const faults = [];
  const options = new CompilerOptions(main, [], false, (message) => faults.push(message), new JsonFileHandler(files));
  let story = null;
  try {
    story = new Compiler(files[main], options).Compile();
  } catch (error) {
    faults.push(String(error));
  }
  if (faults.length || !story) return { faults, story: null, plays: [] };
  let rolls = [];
  story.BindExternalFunction("skill_check", () => rolls.shift());
  let failed = null;
  story.onError = (message) => (failed = failed || message);
  const played = plays.map((play) => {
    rolls = [...play.rolls];
    failed = null;
    story.ResetState();
    return play.steps.map((step) => {
      if (failed) return null;
      let result = null;
      try {
        result = perform(story, step);
      } catch (error) {
        failed = String(error);
      }
      return failed ? { error: failed } : result;
    });
  });
  return { faults, story: story.ToJson(), plays: played };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  let result;
  try {
    result = answer(JSON.parse(line));
  } catch (error) {
    result = { faults: [String((error && error.stack) || error)], story: null, plays: [] };
  }
  process.stdout.write(JSON.stringify(result) + "\n");
});
