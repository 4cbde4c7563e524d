/* The outcome of every action. The rules come with the plan (pinplan/plan/decision_rules.py); here they are only
   followed. */

/** @type {Map<ActionId, DecisionOutcome>} */
let outcomes = new Map();
/** @type {Map<ActionId, string>} */
let reasons = new Map();

/**
 * The outcome of each action under some decisions, and the reason if a rule decided it.
 * @param {ReadonlyMap<ActionId, Made>} made
 */
function outcomesUnder(made) {
  /** @type {Map<ActionId, DecisionOutcome>} */
  const came = new Map();
  /** @type {Map<ActionId, string>} */
  const why = new Map();
  for (const one of Object.values(model.actions)) {
    const verdict = made.get(one.id);
    came.set(one.id, done.get(one.id) || (verdict && outcomeOf(one.id, verdict)) || one.undecided);
  }
  for (const round of model.rules) {
    let changed = true;
    /* To a fixed point: one rule's result may trigger another of its round. It ends, as rules only turn actions off. */
    while (changed) changed = round.map((rule) => follow(rule, made, came, why)).some(Boolean);
  }
  return { came, why };
}

/**
 * @param {DecisionRule} rule
 * @param {ReadonlyMap<ActionId, Made>} made
 * @param {Map<ActionId, DecisionOutcome>} came
 * @param {Map<ActionId, string>} why
 */
function follow(rule, made, came, why) {
  const others = rule.others.filter((id) => isOneOf(rule.came_out, came.get(id)));
  if (!others.length || (rule.every && others.length < rule.others.length)) return false;
  const concerned = rule.actions.filter(
    (id) => isOneOf(rule.only, came.get(id)) && !done.has(id) && !(rule.unless_named && made.has(id)),
  );
  for (const id of concerned) {
    came.set(id, rule.then);
    why.set(
      id,
      inWords(rule.reason, { others: others.map(calledBy).join(", "), first: calledBy(others[0]), action: "it" }),
    );
  }
  return concerned.length > 0;
}

/**
 * @param {readonly DecisionOutcome[]} wanted
 * @param {DecisionOutcome | undefined} outcome
 */
function isOneOf(wanted, outcome) {
  return outcome !== undefined && wanted.includes(outcome);
}

/**
 * @param {string} template
 * @param {Record<string, string>} names
 */
function inWords(template, names) {
  return template.replace(/\{(\w+)\}/g, (_, name) => names[name]);
}

/** @param {ActionId} id */
function calledBy(id) {
  const one = action(id);
  return `“${model.kinds[one.kind].title}: ${one.name}”`;
}

/** Apply the current decisions; returns the groups whose outcome changed. */
function decideOutcomes() {
  const { came, why } = outcomesUnder(decisions);
  const other = [...came.keys()].filter((id) => came.get(id) !== outcomes.get(id) || why.get(id) !== reasons.get(id));
  outcomes = came;
  reasons = why;
  return other.map(groupOfAction);
}

/* -- effects -------------------------------------------------------------------------------------------------- */

/**
 * @param {ActionId} id
 * @param {DecisionOutcome | undefined} outcome
 */
function effectsOf(id, outcome) {
  const one = action(id);
  return (outcome === "swap" && one.swapped) || one;
}

/** @param {Iterable<[ActionId, DecisionOutcome | undefined]>} actions */
function countsOf(actions) {
  /** @type {Counts} */
  const counts = {};
  for (const [id, outcome] of actions) {
    for (const [name, number] of Object.entries(effectsOf(id, outcome).effects))
      counts[name] = (counts[name] || 0) + number;
  }
  return counts;
}

/** @param {ReadonlyMap<ActionId, Made>} made */
function countsUnder(made) {
  return countsOf([...outcomesUnder(made).came].filter(([id, outcome]) => isLeft(id, outcome)));
}

function countsNow() {
  return countsOf([...outcomes].filter(([id, outcome]) => isLeft(id, outcome)));
}

/**
 * Whether an apply would still do it.
 * @param {ActionId} id
 * @param {DecisionOutcome} outcome
 */
function isLeft(id, outcome) {
  return model.performed.includes(outcome) && !done.has(id);
}

/** @param {Counts} counts */
function sentence(counts) {
  const counted = model.phrases.filter((phrase) => counts[phrase.count]);
  const parts = counted.map((phrase) => {
    const number = counts[phrase.count];
    return (number === 1 ? phrase.one : phrase.many).replace("{}", number.toLocaleString("en"));
  });
  return parts.join(", ") || model.nothing;
}

/** @param {Counts} counts */
function toneOf(counts) {
  return model.phrases.find((phrase) => counts[phrase.count])?.tone || "calm";
}
