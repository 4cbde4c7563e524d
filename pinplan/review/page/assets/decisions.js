/* Decisions: making and undoing them. */

const decisions = madeBefore();
/** @type {Map<ActionId, string>} */
const notes = new Map(manner.decisions.flatMap(({ action: id, note }) => (note ? [[id, note]] : [])));
/** @type {((touched: Set<Group>) => void)[]} */
const listeners = [];

/** @param {Group} group */
function mayDecide(group) {
  return !manner.read_only && group.actions.some((id) => !done.has(id));
}

/**
 * @param {Group} group
 * @returns {GroupVerdict}
 */
function verdictOf(group) {
  const verdicts = group.actions.map((id) => choiceOf(decisions.get(id)));
  const swap = group.actions.findIndex((id) => swaps(id, decisions.get(id)));
  const same = verdicts.every((verdict) => verdict === verdicts[0]);
  if (verdicts.includes("")) return { verdict: "", member: 0 };
  if (swap >= 0) return { verdict: "swap", member: swap + 1 };
  return { verdict: same && verdicts[0] !== "swap" ? verdicts[0] : "mixed", member: 0 };
}

/** @param {Group} group */
function decided(group) {
  return group.actions.every((id) => decisions.has(id) || done.has(id));
}

/** @param {Group} group */
function waits(group) {
  return group.actions.some((id) => outcomes.get(id) === "waiting" && !reasons.has(id));
}

/**
 * Set verdicts (an empty one clears). One call is one undo step. Returns whether anything was decided.
 * @param {Verdicts} changes
 * @param {string} words
 */
function decide(changes, words) {
  const open = Object.fromEntries(Object.entries(changes).filter(([id]) => !done.has(id)));
  if (manner.read_only || !Object.keys(open).length) return false;
  const unseen = Object.keys(open).find((id) => undrawn.has(groupOfAction(id)) && !["", "skip"].includes(open[id]));
  if (unseen) {
    announce(`Action ${unseen} cannot be shown here, and is not approved`);
    return false;
  }
  noteStep(verdictsOf(Object.keys(open)), open);
  apply(open);
  announce(words);
  return true;
}

/** @param {Verdicts} changes */
function apply(changes) {
  for (const [id, verdict] of Object.entries(changes)) {
    /* Deleted first, so that the map stays in the order in which decisions were made. */
    decisions.delete(id);
    if (verdict) decisions.set(id, verdict);
  }
  save(changes);
  notify(changedGroups(Object.keys(changes)));
}

/** @param {Set<Group>} touched */
function notify(touched) {
  for (const listener of listeners) listener(touched);
}

/** @param {(touched: Set<Group>) => void} listener */
function onDecided(listener) {
  listeners.push(listener);
}

/**
 * @param {Group} group
 * @param {Verdict} verdict
 */
function all(group, verdict) {
  return verdictsFor(group.actions, verdict);
}

/**
 * The same verdict for several actions.
 * @param {readonly ActionId[]} ids
 * @param {Verdict} verdict
 * @returns {Verdicts}
 */
function verdictsFor(ids, verdict) {
  return Object.fromEntries(ids.map((id) => [id, verdict]));
}

/**
 * A copy of the decisions, with changes.
 * @param {Verdicts} changes
 * @returns {Decisions}
 */
function decisionsWith(changes) {
  const changed = new Map(decisions);
  for (const [id, verdict] of Object.entries(changes)) {
    if (verdict) changed.set(id, verdict);
    else changed.delete(id);
  }
  return changed;
}

/**
 * @param {Group} group
 * @param {() => void} [then]
 */
function approve(group, then) {
  decideTied(all(group, "approve"), "Approved", then);
}

/**
 * @param {Group} group
 * @param {() => void} [then]
 */
function skip(group, then) {
  decideTied(all(group, "skip"), isPair(group) ? "Kept all" : "Skipped", then);
}

/**
 * @param {Group} group
 * @param {() => void} [then]
 */
function different(group, then) {
  if (isPair(group)) decideTied(all(group, "different"), "Marked as different; kept all", then);
}

/**
 * A note is saved with its decision: now if there is one, or else when it is made.
 * @param {Group} group
 * @param {string} text
 */
function writeNote(group, text) {
  for (const id of group.actions) {
    if (text) notes.set(id, text);
    else notes.delete(id);
  }
  const decidedOnes = group.actions.filter((id) => decisions.has(id));
  if (decidedOnes.length) save(verdictsOf(decidedOnes));
}

/**
 * @param {Group} group
 * @param {number} number
 */
function whyNoKeeper(group, number) {
  const chosen = number > 0 ? action(group.actions[number - 1]) : null;
  return chosen && chosen.no_swap ? chosen.no_swap : "";
}

/**
 * Keep only one image of a group.
 * @param {Group} group
 * @param {number} number
 * @param {() => void} [then]
 */
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
  keepThese(group, new Set([number]), then);
}

/** @param {Group} group */
function clear(group) {
  decide(all(group, ""), "Decision cleared");
}

function exactOnes() {
  return groups.filter((group) => isPair(group) && group.tier === "exact" && mayDecide(group) && !decided(group));
}

function approveExact() {
  const open = exactOnes().flatMap((group) => group.actions.filter((id) => !decisions.has(id)));
  decide(verdictsFor(open, "approve"), `${count(open.length, "exact duplicate")} approved`);
}
