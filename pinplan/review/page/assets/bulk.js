/* Many decisions at once: about a kind, a filter, or what was marked.

   What follows is shown before it counts, and all of it is undone at once. */

const marked = new Set();
let lastMarked = null;

function bulkButtons(list, name) {
  if (manner.read_only) return null;
  const open = list.filter(mayDecide);
  if (open.length < 2) return null;
  const say = (verb) => `${verb} all of ${name}`;
  return el(
    "span",
    { class: "bulk" },
    button("Approve all …", {
      class: "choice yes",
      "aria-label": say("Approve"),
      on: { click: () => decideMany(open, "approve") },
    }),
    button("Skip all …", {
      class: "choice no",
      "aria-label": say("Skip"),
      on: { click: () => decideMany(open, "skip") },
    }),
  );
}

/* The line for what is marked, or else for what a filter shows. */
function drawBulk() {
  const box = document.getElementById("bulk");
  if (!box) return;
  const list = (marked.size ? groups.filter((group) => marked.has(group)) : filtering() ? shown : []).filter(mayDecide);
  const pairs = list.filter(isPair);
  box.hidden = manner.read_only || !list.length || (!marked.size && list.length < 2); // of one, its own card decides
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

function decideMany(list, verdict) {
  const changes = Object.assign(
    {},
    ...list.map((group) => (undrawn.has(group) && verdict === "approve" ? {} : all(group, verdict))),
  );
  confirmMany(changes, { approve: "Approve", skip: "Skip", "": "Leave undecided" }[verdict]);
}

function confirmMany(changes, verb) {
  const open = Object.fromEntries(Object.entries(changes).filter(([id]) => !done.has(id)));
  const said = new Map(decisions);
  for (const [id, verdict] of Object.entries(open)) verdict ? said.set(id, verdict) : said.delete(id);
  const number = count(Object.keys(open).length, "action");
  question(`${verb} ${number}? Applied then, the plan ${sentence(countsUnder(said))}.`, [
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

const RULES = {
  largest: ["the largest", (member) => member.view.width * member.view.height * 1e6 + member.view.size / 1e6],
  file: ["the largest file", (member) => member.view.size],
  oldest: [
    "the oldest pin",
    (member) => -Date.parse(member.facts.find((fact) => fact.name === "pinned")?.value || "9999-01-01"),
  ],
};

function ruleChoice(pairs) {
  const folders = [...new Set(pairs.flatMap((group) => members(group).map(folderOfMember)))];
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
    folders.length > 1
      ? folders.map((name) => el("option", { value: `in:${name}`, text: `Keep the one in ${name}` }))
      : null,
  );
  return select;
}

function folderOfMember(member) {
  return member.view.path.split("/")[0];
}

function keepByRule(pairs, rule) {
  if (!rule) return;
  const worth = rule.startsWith("in:") ? (member) => Number(folderOfMember(member) === rule.slice(3)) : RULES[rule][1];
  const changes = Object.assign({}, ...pairs.map((group) => keepingBest(group, worth)));
  confirmMany(changes, "Decide");
}

/* The best stays; where another rule forbids to exchange it, nothing of the group goes. */
function keepingBest(group, worth) {
  const values = members(group).map(worth);
  const best = values.indexOf(Math.max(...values));
  if (best === 0) return all(group, "approve");
  if (whyNoKeeper(group, best)) return all(group, "skip");
  return { ...all(group, "skip"), [group.actions[best - 1]]: "swap" };
}

/* -- marks ----------------------------------------------------------------------------------------------------- */

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
