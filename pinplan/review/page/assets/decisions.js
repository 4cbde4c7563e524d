/* Decisions: making and undoing them. */

const decisions = new Map(Object.entries(manner.decisions));
const notes = new Map(Object.entries(manner.notes_on));
const listeners = [];

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

/* Set verdicts (an empty one clears). One call is one undo step. Returns whether anything was decided. */
function decide(changes, words) {
  const open = Object.fromEntries(Object.entries(changes).filter(([id]) => !done.has(id)));
  if (manner.read_only || !Object.keys(open).length) return false;
  const unseen = Object.keys(open).find((id) => undrawn.has(groupOf.get(id)) && !["", "skip"].includes(open[id]));
  if (unseen) {
    announce(`Action ${unseen} cannot be shown here, and is not approved`);
    return false;
  }
  noteStep(verdictsOf(Object.keys(open)), open);
  apply(open);
  announce(words);
  return true;
}

function apply(changes) {
  for (const [id, verdict] of Object.entries(changes)) {
    /* Deleted first, so that the map stays in the order in which decisions were made. */
    decisions.delete(id);
    if (verdict) decisions.set(id, verdict);
  }
  save(changes);
  tell(changedGroups(Object.keys(changes)));
}

function tell(touched) {
  for (const listener of listeners) listener(touched);
}

function whenDecided(listener) {
  listeners.push(listener);
}

const all = (group, verdict) => Object.fromEntries(group.actions.map((id) => [id, verdict]));

function approve(group, then) {
  decideTied(all(group, "approve"), "Approved", then);
}

function skip(group, then) {
  decideTied(all(group, "skip"), isPair(group) ? "Kept all" : "Skipped", then);
}

function different(group, then) {
  if (isPair(group)) decideTied(all(group, "different"), "Marked as different; kept all", then);
}

/* A note is kept with the decision: at once where there is one, or else when it is made. */
function writeNote(group, text) {
  for (const id of group.actions) {
    if (text) notes.set(id, text);
    else notes.delete(id);
  }
  const decidedOnes = group.actions.filter((id) => decisions.has(id));
  if (decidedOnes.length) save(Object.fromEntries(decidedOnes.map((id) => [id, decisions.get(id)])));
}

function whyNoKeeper(group, number) {
  const chosen = number > 0 ? action(group.actions[number - 1]) : null;
  return chosen && chosen.no_swap ? chosen.no_swap : "";
}

/* Keep another image: it is swapped with the planned keeper; the rest of the group is kept until the next plan. */
function choose(group, number, then) {
  if (!isPair(group) || number < 0 || number > group.actions.length) return;
  if (number === 0) {
    approve(group, then);
    return;
  }
  const problem = whyNoKeeper(group, number);
  if (problem) {
    announce(problem);
    return;
  }
  decideTied({ ...all(group, "skip"), [group.actions[number - 1]]: "swap" }, `Number ${number + 1} is kept`, then);
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
