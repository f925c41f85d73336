// Compiles Twee 3 with extwee into a page of the real SugarCube 2.31.1 and plays it in jsdom. One request a line on
// stdin, one answer a line on stdout.
//
// request  {"files": {name: source}, "plays": [{"rolls": [bool], "steps": [step]}]}
// step     {"goto": passage} | {"choose": index} | {"set": {name: value}} | {"get": [name]}
// answer   {"faults": [message], "story": {what extwee read}, "plays": [[result of each step]]}
// What SugarCube complains of in a page or in an alert is a fault, and so is any text beside lines and choices.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const { pathToFileURL } = require("node:url");
const { JSDOM, VirtualConsole } = require("jsdom");

const MODULES = process.env.NODE_PATH;
const FORMAT = path.join(MODULES, "twine-formats", "story-formats", "sugarcube-2.31.1", "format.js");
const last = { source: null, page: null };

async function open(source) {
  if (last.source === source) {
    last.page.faults.length = 0;
    return last.page;
  }
  const extwee = await import(pathToFileURL(path.join(MODULES, "extwee", "index.js")));
  const story = extwee.parseTwee(source);
  const html = extwee.compileTwine2HTML(story, extwee.parseStoryFormat(fs.readFileSync(FORMAT, "utf8")));
  const faults = [];
  const console = new VirtualConsole();
  console.on("jsdomError", (error) => faults.push(error.message));
  const dom = new JSDOM(html, {
    runScripts: "dangerously",
    url: "http://localhost/",
    pretendToBeVisual: true,
    virtualConsole: console,
    beforeParse(window) {
      window.scroll = window.scrollTo = () => {};
      window.alert = (message) => faults.push(message);
    },
  });
  const { window } = dom;
  for (const begun = Date.now(); !window.document.querySelector("#passages .passage"); ) {
    if (Date.now() - begun > 60000) throw new Error(`SugarCube does not start: ${faults.join("; ")}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (last.page) last.page.window.close();
  const begun = JSON.stringify(window.SugarCube.State.variables);
  const read = { name: story.name, ifid: story.IFID, format: story.format, start: story.start, passages: story.size() };
  last.source = source;
  last.page = { window, faults, begun, read };
  return last.page;
}

function shown({ window, faults }) {
  const page = window.document.querySelector("#passages .passage:last-child");
  for (const fault of page.querySelectorAll(".error")) faults.push(fault.textContent);
  const lines = [...page.querySelectorAll("p.line")].map((line) => {
    const name = line.querySelector("b").textContent;
    const text = line.querySelector("span").textContent;
    if (line.textContent !== `${name}: ${text}`) faults.push(`more in a line than its text: ${line.textContent}`);
    return { id: line.dataset.line, speaker: line.dataset.speaker, name, text };
  });
  const choices = [...page.querySelectorAll("p.choice")].map((choice) => {
    const text = choice.querySelector("a").textContent;
    if (choice.textContent !== text) faults.push(`more in a choice than its text: ${choice.textContent}`);
    return { id: choice.dataset.line, text, skill: choice.dataset.skill || "", dc: choice.dataset.dc || "" };
  });
  const rest = page.cloneNode(true);
  rest.querySelectorAll("p").forEach((paragraph) => paragraph.remove());
  if (rest.textContent.trim()) faults.push(`text beside lines and choices: ${rest.textContent.trim()}`);
  return { lines, choices };
}

async function play(page, { rolls, steps }) {
  const { SugarCube } = page.window;
  const left = [...rolls];
  SugarCube.setup.skill_check = () => left.shift();
  SugarCube.State.reset();
  Object.assign(SugarCube.State.variables, JSON.parse(page.begun));
  const results = [];
  for (const step of steps) {
    if ("goto" in step) {
      SugarCube.Engine.play(step.goto);
      results.push(shown(page));
    } else if ("choose" in step) {
      const { turns } = SugarCube.State;
      page.window.document.querySelectorAll("#passages .passage:last-child p.choice a")[step.choose].click();
      // <<goto>> inside of a link opens its passage a moment later.
      for (let waited = 0; SugarCube.State.turns === turns; waited += 5) {
        if (waited > 10000) throw new Error(`choice ${step.choose} leads nowhere`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      results.push(shown(page));
    } else if ("set" in step) {
      Object.assign(SugarCube.State.variables, step.set);
      results.push(null);
    } else {
      results.push(Object.fromEntries(step.get.map((name) => [name, SugarCube.State.variables[name]])));
    }
  }
  return results;
}

async function answer(line) {
  try {
    const { files, plays } = JSON.parse(line);
    const page = await open(Object.keys(files).sort().map((name) => files[name]).join("\n"));
    const played = [];
    for (const one of plays) played.push(await play(page, one));
    return { faults: page.faults, story: page.read, plays: played };
  } catch (error) {
    return { faults: [String((error && error.stack) || error)], story: null, plays: [] };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + "\n");
  }
  process.exit(0);
})();
