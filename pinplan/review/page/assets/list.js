/* The list of boards, kinds and cards. Cards are created only when they come near the viewport. */

const IN_A_CHUNK = 24;
/** @type {Map<Group, Element>} */
const chunkOf = new Map();
/**
 * The groups of each chunk that is not filled yet.
 * @type {WeakMap<Element, Group[]>}
 */
const waitingIn = new WeakMap();
/** @type {Group | null} */
let current = null;
/** @type {IntersectionObserver | null} */
let near = null;
/** @type {Group[]} */
let queue = [];
/** @type {Set<string>} */
const opened = new Set();

function drawList() {
  const place = byId("actions");
  near?.disconnect();
  near = new IntersectionObserver(fillSeen, { rootMargin: "1200px 0px" });
  chunkOf.clear();
  queue = shown.filter((group) => isOpenKind(group.kind));
  place.replaceChildren(...runs(shown, (group) => group.kind).map(kindSection));
  if (!shown.length)
    place.append(
      el("p", {
        class: "empty",
        text: groups.length ? "Nothing matches these filters." : "No changes. Library and Pinterest agree.",
      }),
    );
  for (const box of place.querySelectorAll(".chunk")) near.observe(box);
  drawBulk();
}

/**
 * Kinds that delete, publish or wait need a person; the others are done as planned, and are folded.
 * @param {string} kind
 */
function needsPerson(kind) {
  return model.kinds[kind].queued || manner.waits.includes(kind);
}

/** @param {string} kind */
function isOpenKind(kind) {
  return needsPerson(kind) || opened.has(kind) || filtering() || !Object.keys(model.kinds).some(needsPerson);
}

/** @param {Group[]} list */
function kindSection(list) {
  const kind = list[0].kind;
  const words = model.kinds[kind];
  const open = isOpenKind(kind);
  const head = el(
    "div",
    { class: "kind-head" },
    el(
      "h2",
      { class: words.tone },
      el("span", { class: "symbol", text: words.symbol, "aria-hidden": "true" }),
      words.title,
      el("span", {
        class: "count",
        text: `${list.length.toLocaleString("en")}${needsPerson(kind) ? "" : ", as planned"}`,
      }),
    ),
    needsPerson(kind) || filtering()
      ? null
      : button(open ? "Hide" : "Show", {
          class: "choice no",
          "aria-expanded": String(open),
          "aria-label": `${open ? "Hide" : "Show"} ${words.title}`,
          on: { click: () => toggleKind(kind) },
        }),
    bulkButtons(list, words.title),
  );
  const section = el(
    "section",
    { class: open ? "kind" : "kind folded", "data-kind": kind, "aria-label": words.title },
    head,
  );
  const boards = runs(list, (group) => group.board);
  if (open) section.append(...boards.map((board) => boardBlock(board, boards.length > 1)));
  return section;
}

/** @param {string} kind */
function toggleKind(kind) {
  if (opened.has(kind)) opened.delete(kind);
  else opened.add(kind);
  drawList();
  focusOn(`section[data-kind="${kind}"] [aria-expanded]`);
}

/**
 * @param {Group[]} list
 * @param {boolean} several
 */
function boardBlock(list, several) {
  const { name } = model.boards[list[0].board];
  const head = el("h3", {}, foreign(name), el("span", { class: "count", text: list.length.toLocaleString("en") }));
  const many = several && bulkButtons(list, `the board ${name}: ${model.kinds[list[0].kind].title}`);
  const box = el("div", { class: "board" }, many ? el("div", { class: "board-head" }, head, many) : head);
  for (let start = 0; start < list.length; start += IN_A_CHUNK)
    box.append(chunk(list.slice(start, start + IN_A_CHUNK)));
  return box;
}

/**
 * @param {Group[]} list
 * @param {(group: Group) => unknown} by
 */
function runs(list, by) {
  /** @type {Group[][]} */
  const found = [];
  for (const item of list) {
    const last = found[found.length - 1];
    if (last && by(last[0]) === by(item)) last.push(item);
    else found.push([item]);
  }
  return found;
}

/** @param {Group[]} list */
function chunk(list) {
  const box = el("div", { class: isPair(list[0]) ? "chunk pairs" : "chunk" });
  const columns = Math.max(1, Math.floor(Math.min(innerWidth, 1500) / (isPair(list[0]) ? 480 : 235)));
  /* An estimate of the height keeps the scroll bar steady until the chunk is filled. */
  box.style.minHeight = `${Math.ceil(list.length / columns) * (isPair(list[0]) ? 430 : 330)}px`;
  waitingIn.set(box, list);
  for (const group of list) chunkOf.set(group, box);
  return box;
}

/** @param {Element} box */
function fill(box) {
  const list = waitingIn.get(box);
  if (!list || !(box instanceof HTMLElement)) return;
  waitingIn.delete(box);
  box.append(...list.map(cardOf));
  box.style.minHeight = "";
}

/** @param {IntersectionObserverEntry[]} entries */
function fillSeen(entries) {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      fill(entry.target);
      near?.unobserve(entry.target);
    }
  }
}

/** Create every card, for print: those of folded kinds as well. */
function fillAll() {
  if (shown.some((group) => !isOpenKind(group.kind))) {
    for (const kind of Object.keys(model.kinds)) opened.add(kind);
    drawList();
  }
  for (const box of document.querySelectorAll(".chunk")) fill(box);
}

/**
 * Make a group current: scroll to it, and let keys act on it.
 * @param {Group | null | undefined} group
 * @param {{ scroll?: boolean }} [options]
 */
function select(group, { scroll = true } = {}) {
  if (!group) return;
  const before = current;
  current = group;
  for (const one of [before, group]) {
    const card = one && document.getElementById(`g${one.index}`);
    if (card) markCard(card, one);
  }
  remember({ at: group.actions[0] });
  const box = chunkOf.get(group);
  if (!box || !scroll) return;
  fill(box);
  const card = byId(`g${group.index}`);
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

/** @param {Group | null} group */
function placeInQueue(group) {
  return group ? queue.indexOf(group) : -1;
}

/** @param {number} by */
function step(by) {
  if (!queue.length) return;
  const at = placeInQueue(current);
  const to = at < 0 ? (by > 0 ? 0 : queue.length - 1) : Math.min(queue.length - 1, Math.max(0, at + by));
  goTo(queue[to]);
}

/** Move to the next undecided group; if there is none, offer to finish. */
function goOn() {
  /** @param {Group} group */
  const open = (group) => !decided(group) && mayDecide(group);
  const next = queue.slice(placeInQueue(current) + 1).find(open);
  if (next) goTo(next);
  else if (queue.some(open)) step(1);
  else
    question(
      "All decided. Finish?",
      [
        [
          "Finish …",
          () => {
            if (stageIsOpen()) closeStage();
            openFinish();
          },
        ],
      ],
      "Continue",
    );
}

/** @param {Group} group */
function goTo(group) {
  if (!isOpenKind(group.kind)) toggleKind(group.kind);
  select(group, { scroll: !stageIsOpen() });
  if (stageIsOpen()) drawStage();
}
