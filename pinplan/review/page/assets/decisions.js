/* What was decided, how it is undone, and how it is kept. */

const decisions = new Map(Object.entries(manner.decisions));
const undoable = [];
const listeners = [];
const memory = `pinplan:${model.digest}`;
let unsaved = {};
let saving = false;
let trouble = "";

function mayDecide(group) {
  return !manner.read_only && group.actions.some((id) => !done.has(id));
}

function verdictOf(group) {
  const verdicts = group.actions.map((id) => decisions.get(id) || "");
  const swap = verdicts.indexOf("swap");
  if (swap >= 0) return { verdict: "swap", member: swap + 1 };
  const same = verdicts.every((verdict) => verdict === verdicts[0]);
  return { verdict: same ? verdicts[0] : verdicts.includes("") ? "" : "mixed", member: 0 };
}

function decided(group) {
  return group.actions.every((id) => decisions.has(id) || done.has(id));
}

function waits(group) {
  return group.actions.some((id) => outcomes.get(id) === "waiting" && !reasons.has(id));
}

/* Change verdicts (an empty one takes it away). All of one call are undone together. */
function decide(changes, words) {
  const open = Object.fromEntries(Object.entries(changes).filter(([id]) => !done.has(id)));
  if (manner.read_only || !Object.keys(open).length) return;
  undoable.push(Object.fromEntries(Object.keys(open).map((id) => [id, decisions.get(id) || ""])));
  apply(open);
  announce(words);
}

function undo() {
  const last = undoable.pop();
  if (!last) {
    announce("Nothing to undo");
    return null;
  }
  apply(last);
  announce("Undone");
  return groupOf.get(Object.keys(last)[0]);
}

function apply(changes) {
  for (const [id, verdict] of Object.entries(changes)) {
    decisions.delete(id);
    if (verdict) decisions.set(id, verdict);
  }
  Object.assign(unsaved, changes);
  save();
  const touched = new Set([...Object.keys(changes).map((id) => groupOf.get(id)), ...decideOutcomes()]);
  for (const listener of listeners) listener(touched);
}

function whenDecided(listener) {
  listeners.push(listener);
}

const all = (group, verdict) => Object.fromEntries(group.actions.map((id) => [id, verdict]));

function approve(group) {
  decide(all(group, "approve"), "Approved");
}

function skip(group) {
  decide(all(group, "skip"), isPair(group) ? "Kept all" : "Skipped");
}

function different(group) {
  if (isPair(group)) decide(all(group, "different"), "Marked as different; kept all");
}

function whyNoKeeper(group, number) {
  const chosen = number > 0 ? action(group.actions[number - 1]) : null;
  return chosen && chosen.no_swap ? chosen.no_swap : "";
}

/* Another one stays: it changes places with the planned keeper; what else would have gone stays until the next plan. */
function choose(group, number) {
  if (!isPair(group) || number < 0 || number > group.actions.length) return;
  if (number === 0) {
    approve(group);
    return;
  }
  const problem = whyNoKeeper(group, number);
  if (problem) {
    announce(problem);
    return;
  }
  decide({ ...all(group, "skip"), [group.actions[number - 1]]: "swap" }, `Number ${number + 1} is kept`);
}

function clear(group) {
  decide(all(group, ""), "Decision cleared");
}

function exactOnes() {
  return groups.filter((group) => isPair(group) && group.tier === "exact" && mayDecide(group) && !decided(group));
}

function approveExact() {
  const changes = {};
  for (const group of exactOnes()) for (const id of group.actions) if (!decisions.has(id)) changes[id] = "approve";
  decide(changes, `${count(Object.keys(changes).length, "exact duplicate")} approved`);
}

/* -- keeping -------------------------------------------------------------------------------------------------- */

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(memory)) || {};
  } catch {
    return {};
  }
}

function remember(more) {
  try {
    localStorage.setItem(memory, JSON.stringify({ ...remembered(), ...more }));
  } catch {
    /* A browser that keeps nothing for files: decisions last as long as the page. */
  }
}

async function save() {
  if (!manner.serves) {
    remember({ decisions: Object.fromEntries(decisions) });
    return;
  }
  if (saving) return;
  saving = true;
  while (Object.keys(unsaved).length) {
    const batch = unsaved;
    unsaved = {};
    const problem = await post("decide", { set: batch });
    if (problem) {
      unsaved = { ...batch, ...unsaved };
      trouble = problem;
      break;
    }
    trouble = "";
  }
  saving = false;
  for (const listener of listeners) listener(new Set());
}

async function ask(where, body) {
  try {
    const answer = await fetch(where, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.ok ? { answer: await answer.json() } : { problem: await answer.text() };
  } catch {
    return { problem: "Not saved: pinplan review is not responding. Restart it; saved decisions are kept." };
  }
}

async function post(where, body) {
  return (await ask(where, body)).problem || "";
}

function decisionsFile() {
  const entries = [...decisions].sort(([one], [other]) => (one < other ? -1 : 1));
  const content = {
    decided_at: `${new Date().toISOString().slice(0, 19)}Z`,
    decisions: Object.fromEntries(entries.map(([id, verdict]) => [id, { verdict }])),
    format: "pinplan.decisions",
    format_version: "1.0",
    plan: model.digest,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function known(found) {
  const verdicts = ["approve", "skip", "swap", "different"];
  return Object.entries(found || {}).filter(([id, verdict]) => model.actions[id] && verdicts.includes(verdict));
}

if (!manner.serves) for (const [id, verdict] of known(remembered().decisions)) decisions.set(id, verdict);

decideOutcomes();
