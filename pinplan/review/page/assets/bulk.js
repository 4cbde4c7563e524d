/* Many decisions at once: on a kind, a filter, or marked groups.

   The effect is shown first, and one undo takes all of it back. */

/** @type {Set<Group>} */
const marked = new Set();
/** @type {Group | null} */
let lastMarked = null;

/**
 * @param {Group[]} list
 * @param {string} name
 */
function bulkButtons(list, name) {
  if (manner.read_only) return null;
  const open = list.filter(mayDecide);
  if (open.length < 2) return null;
  return el(
    "span",
    { class: "bulk" },
    button("Approve all …", {
      class: "choice yes",
      "aria-label": `Approve all of ${name}`,
      on: { click: () => decideMany(open, "approve") },
    }),
    button("Skip all …", {
      class: "choice no",
      "aria-label": `Skip all of ${name}`,
      on: { click: () => decideMany(open, "skip") },
    }),
    button("Leave …", {
      class: "choice no",
      "aria-label": `Leave all of ${name} undecided`,
      on: { click: () => decideMany(open, "") },
    }),
  );
}

/** The line for the marked groups, or else for those that a filter shows. */
function drawBulk() {
  const box = document.getElementById("bulk");
  if (!box) return;
  const list = (marked.size ? groups.filter((group) => marked.has(group)) : filtering() ? shown : []).filter(mayDecide);
  const pairs = list.filter(isPair);
  const enough = marked.size ? 1 : 2; // a single group is decided on its card
  box.hidden = Boolean(manner.read_only) || list.length < enough;
  if (box.hidden) return;
  box.replaceChildren(
    el("span", {
      class: "label",
      text: marked.size ? `${marked.size.toLocaleString("en")} marked` : `${list.length.toLocaleString("en")} shown`,
    }),
    button("Approve …", { class: "choice yes", on: { click: () => decideMany(list, "approve") } }),
    button("Skip …", { class: "choice no", on: { click: () => decideMany(list, "skip") } }),
    button("Leave undecided …", { class: "choice no", on: { click: () => decideMany(list, "") } }),
    pairs.length > 1 ? ruleChoice(pairs) : "",
    marked.size ? button("Unmark", { class: "choice no", on: { click: unmarkAll } }) : "",
  );
}

/**
 * @param {Group[]} list
 * @param {"approve" | "skip" | ""} verdict
 */
function decideMany(list, verdict) {
  const changes = Object.assign(
    {},
    ...list.map((group) => (undrawn.has(group) && verdict === "approve" ? {} : all(group, verdict))),
  );
  confirmMany(changes, { approve: "Approve", skip: "Skip", "": "Leave undecided" }[verdict]);
}

/**
 * @param {Verdicts} changes
 * @param {string} verb
 */
function confirmMany(changes, verb) {
  const open = Object.fromEntries(Object.entries(changes).filter(([id]) => !done.has(id)));
  const number = count(Object.keys(open).length, "action");
  question(`${verb} ${number}? Applied then, the plan ${sentence(countsUnder(decisionsWith(open)))}.`, [
    [
      `${verb} ${number}`,
      () => {
        decide(open, `${verb}: ${number}`);
        unmarkAll();
      },
    ],
  ]);
}

/* -- duplicates by rule ---------------------------------------------------------------------------------------- */

/** @type {Record<string, [string, (member: Member) => number]>} */
const RULES = {
  largest: ["the largest", (member) => member.view.width * member.view.height * 1e6 + member.view.size / 1e6],
  file: ["the largest file", (member) => member.view.size],
  oldest: [
    "the oldest pin",
    (member) => -Date.parse(member.facts.find((fact) => fact.name === "pinned")?.value || "9999-01-01"),
  ],
};

/** @param {Group[]} pairs */
function ruleChoice(pairs) {
  const boards = [...new Set(pairs.flatMap((group) => members(group).map(({ view }) => view.board)))];
  const select = el(
    "select",
    {
      "aria-label": "Keep by rule",
      on: {
        change: () => {
          keepByRule(pairs, select.value);
          select.value = "";
        },
      },
    },
    el("option", { value: "", text: "Keep …" }),
    Object.entries(RULES).map(([name, [words]]) => el("option", { value: name, text: `Keep ${words}` })),
    boards.length > 1
      ? boards.map((board) =>
          el("option", { value: `on:${board}`, text: `Keep the one on ${model.boards[board].name}` }),
        )
      : null,
  );
  return select;
}

/**
 * @param {Group[]} pairs
 * @param {string} rule
 */
function keepByRule(pairs, rule) {
  if (!rule) return;
  const [, byRule] = RULES[rule] || [];
  const worth = byRule || ((member) => Number(member.view.board === Number(rule.slice("on:".length))));
  /* Where no pin is on the board, the rule says nothing. */
  const fitting = rule in RULES ? pairs : pairs.filter((group) => members(group).some(worth));
  const changes = Object.assign({}, ...fitting.map((group) => keepingBest(group, worth)));
  confirmMany(changes, "Decide");
}

/**
 * Keep the best image; if it cannot be swapped with the keeper, keep the whole group.
 * @param {Group} group
 * @param {(member: Member) => number} worth
 */
function keepingBest(group, worth) {
  const values = members(group).map(worth);
  const best = values.indexOf(Math.max(...values));
  if (best > 0 && whyNoKeeper(group, best)) return all(group, "skip");
  return keeping(group, new Set([best])).changes;
}

/* -- marks ----------------------------------------------------------------------------------------------------- */

/**
 * @param {Group | null} group
 * @param {{ range?: boolean }} [options]
 */
function mark(group, { range = false } = {}) {
  if (!group || manner.read_only) return;
  const from = range && lastMarked ? queue.indexOf(lastMarked) : -1;
  const to = queue.indexOf(group);
  const list = from >= 0 && to >= 0 ? queue.slice(Math.min(from, to), Math.max(from, to) + 1) : [group];
  const on = range || !marked.has(group);
  for (const one of list) on ? marked.add(one) : marked.delete(one);
  lastMarked = group;
  for (const one of list) showMark(one);
  drawBulk();
  announce(`${marked.size} marked`);
}

/** @param {Group} group */
function showMark(group) {
  const card = document.getElementById(`g${group.index}`);
  if (card) markCard(card, group);
}

function unmarkAll() {
  const before = [...marked];
  marked.clear();
  for (const group of before) showMark(group);
  drawBulk();
}
