/* Verdicts as they are sent and stored: one word, ``swap:123`` for a swap that names the pin that is kept. */

/** @param {Verdict | undefined} made */
function choiceOf(made) {
  return /** @type {Choice | ""} */ ((made || "").split(":")[0]);
}

/** @param {Verdict | undefined} made */
function keptPin(made) {
  return (made || "").split(":")[1] || "";
}

/**
 * Whether a decision removes the planned keeper, not the action's own pin.
 * @param {ActionId} id
 * @param {Verdict | undefined} made
 */
function swaps(id, made) {
  return choiceOf(made) === "swap" && ["", action(id).pin].includes(keptPin(made));
}

/**
 * The outcome that a decision gives an action, before rules are followed.
 * @param {ActionId} id
 * @param {Made} made
 */
function outcomeOf(id, made) {
  const choice = choiceOf(made);
  if (choice === "swap" && !swaps(id, made)) return "instead";
  return choice ? model.outcomes[choice] : undefined;
}

/**
 * @param {ActionId} id
 * @param {Verdict} made
 */
function inOneWord(id, made) {
  if (choiceOf(made) !== "swap") return made || "undecided";
  return swaps(id, made) ? "keep this one instead" : `drop, keeping pin ${keptPin(made)}`;
}

/** The decisions that the page came with. */
function madeBefore() {
  return /** @type {Decisions} */ (new Map(manner.decisions.map(({ action: id, verdict }) => [id, verdict])));
}

/**
 * @param {ActionId} id
 * @param {unknown} made
 * @returns {made is Made}
 */
function isMade(id, made) {
  if (typeof made !== "string" || !model.actions[id]) return false;
  const [choice, keep] = made.split(":");
  if (!Object.keys(model.outcomes).includes(choice)) return false;
  const group = groupOfAction(id);
  return keep === undefined || (choice === "swap" && actionsOf(group).some((one) => one.pin === keep));
}
