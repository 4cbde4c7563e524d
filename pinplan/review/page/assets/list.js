/* The list of boards, kinds and cards. Cards are created only when they come near the viewport. */

const IN_A_CHUNK = 24;
const chunkOf = new Map();
let current = null;
let near = null;

function drawList() {
  const place = document.getElementById("actions");
  /* The old observer would fill chunks that are no longer in the document. */
  near?.disconnect();
  near = new IntersectionObserver(fillSeen, { rootMargin: "1200px 0px" });
  chunkOf.clear();
  place.replaceChildren(...sections());
  if (!shown.length) place.append(el("p", { class: "empty", text: groups.length ? "Nothing matches these filters." : "No changes. Library and Pinterest agree." }));
  for (const chunk of place.querySelectorAll(".chunk")) near.observe(chunk);
}

function sections() {
  const made = [];
  for (const board of runs(shown, (group) => group.board)) {
    const section = el("section", { class: "board" }, el("h2", {}, foreign(model.boards[board[0].board].name), el("span", { class: "count", text: count(board.length, "decision") })));
    section.append(el("div", { class: "kinds" }, runs(board, (group) => group.kind).map(kindBlock)));
    made.push(section);
  }
  return made;
}

/* A kind with few cards takes only the room they need, so that several kinds fit side by side. */
function kindBlock(list) {
  const words = model.kinds[list[0].kind];
  const few = list.length <= (isPair(list[0]) ? 2 : 5);
  const box = el("div", { class: few ? "kind few" : "kind" }, el("h3", { class: words.tone }, el("span", { class: "symbol", text: words.symbol, "aria-hidden": "true" }), words.title, el("span", { class: "count", text: list.length.toLocaleString("en") })));
  if (few) box.style.setProperty("--columns", list.length);
  for (let start = 0; start < list.length; start += IN_A_CHUNK) box.append(chunk(list.slice(start, start + IN_A_CHUNK)));
  return box;
}

function runs(list, by) {
  const found = [];
  for (const item of list) {
    const last = found[found.length - 1];
    if (last && by(last[0]) === by(item)) last.push(item);
    else found.push([item]);
  }
  return found;
}

function chunk(list) {
  const box = el("div", { class: isPair(list[0]) ? "chunk pairs" : "chunk" });
  const columns = Math.max(1, Math.floor(Math.min(innerWidth, 1500) / (isPair(list[0]) ? 480 : 235)));
  /* An estimate of the height keeps the scroll bar steady until the chunk is filled. */
  box.style.minHeight = `${Math.ceil(list.length / columns) * (isPair(list[0]) ? 430 : 330)}px`;
  box.fill = () => {
    if (!box.firstChild) {
      box.append(...list.map(cardOf));
      box.style.minHeight = "";
    }
  };
  for (const group of list) chunkOf.set(group, box);
  return box;
}

function fillSeen(entries) {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      entry.target.fill();
      near.unobserve(entry.target);
    }
  }
}

function fillAll() {
  for (const box of document.querySelectorAll(".chunk")) box.fill();
}

/* Make a group current: scroll to it, and let keys act on it. */
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
  box.fill();
  const card = document.getElementById(`g${group.index}`);
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function step(by) {
  if (!shown.length) return;
  const at = shown.indexOf(current);
  const to = at < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(shown.length - 1, Math.max(0, at + by));
  goTo(shown[to]);
}

/* Go to the next undecided group, or else the next one. */
function goOn() {
  const at = shown.indexOf(current);
  const next = shown.slice(at + 1).find((group) => !decided(group) && mayDecide(group));
  if (next) goTo(next);
  else step(1);
}

function goTo(group) {
  select(group, { scroll: !stageIsOpen() });
  if (stageIsOpen()) drawStage();
}
