"use strict";
// The inspector: the part of the console page that shows what the actor does and how it is. The host's
// stream of events has everything; see `src/inspection.rs` for its form.
(() => {
const MOST = 300;
const style = document.createElement("style");
style.textContent = `
body { max-width: 90rem; height: auto; min-height: calc(100vh - 2rem) }
#log { min-height: 12rem; max-height: 45vh }
#inspector { border-top: 1px solid #8886; font: 13px/1.5 ui-monospace, monospace }
#inspector header { font: 15px/1.4 system-ui, sans-serif; padding: .4rem 0; display: flex; gap: 1rem; flex-wrap: wrap }
#inspector h1 { font-size: 1.1rem; margin: 0 }
#parts { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); align-items: start }
#parts > details { border: 1px solid #8886; padding: .3rem .5rem; min-width: 0 }
#parts > details > summary { font: 600 15px/1.6 system-ui, sans-serif }
summary { cursor: pointer }
#parts > details > div { max-height: 45vh; overflow: auto }
#parts pre, #parts p, #parts summary { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
#parts table { border-collapse: collapse; width: 100% }
#parts :is(td, th) { text-align: left; padding: 0 .6em 0 0; vertical-align: top; overflow-wrap: anywhere }
#parts .event > :not(summary) { margin-left: 1.2em }`;
document.head.append(style);

const make = (name, text, kind) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
};
// Characters that can't be seen or that turn others around are shown by their numbers.
const plain = (text) => text.replace(/[^\P{C}\n\t\r]/gu, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
const number = (n) => n.toLocaleString();
const clock = (at) => new Date(at).toTimeString().slice(0, 8) + "." + String(new Date(at).getMilliseconds()).padStart(3, "0");
const spaced = (digits) => digits.replace(/..(?=.)/g, "$& ");
const asHex = (part) => spaced(part.hex ?? hex(new TextEncoder().encode(part.text)).replace(/ /g, ""));
// The payload of a message, or the state, with a word on what is not shown of it.
function payload(part) {
  const shown = part.hex === undefined ? new TextEncoder().encode(part.text).length : part.hex.length / 2;
  const text = part.hex === undefined ? plain(readable(part.text)) : spaced(part.hex);
  return text + (shown < part.bytes ? "\n… the first of " + number(part.bytes) + " bytes" : "");
}

const inspector = make("section");
inspector.id = "inspector";
inspector.setAttribute("aria-label", "inspector");
const header = make("header"), title = make("h1", "…"), state = make("output", "connecting");
state.id = "inspecting";
header.append(title, state);
const parts = make("div");
parts.id = "parts";
inspector.append(header, parts);
document.body.append(inspector);

// A part that can be folded, with its heading.
function part(id, name, open) {
  const details = make("details"), summary = make("summary", name), content = make("div");
  details.open = open;
  content.id = id;
  details.append(summary, content);
  parts.append(details);
  return { content, name: (text) => { summary.textContent = name + (text ? ": " + text : ""); } };
}
const wide = innerWidth > 480;
const events = part("events", "Events", true), now = part("state", "State", true);
const clients = part("clients", "Connections", wide), keys = part("keys", "Keys", wide);
const lines = part("lines", "Log", wide), counters = part("counters", "Counters", false);
const form = make("button", "as hex");
form.type = "button";
let asBytes = false, last = {};
form.onclick = () => {
  asBytes = !asBytes;
  form.textContent = asBytes ? "as text" : "as hex";
  showState();
};

// Adds an entry at the end, and keeps the end in sight.
function add({ content }, entry) {
  const atEnd = content.scrollHeight - content.scrollTop - content.clientHeight < 40;
  content.append(entry);
  while (content.children.length > MOST) content.firstChild.remove();
  if (atEnd) content.scrollTop = content.scrollHeight;
}

function table({ content }, heads, rows) {
  const table = make("table"), head = make("tr");
  heads.forEach((text) => head.append(make("th", text)));
  table.append(head);
  for (const row of rows) {
    const line = make("tr");
    row.forEach((cell) => line.append(make("td", plain(String(cell)))));
    table.append(line);
  }
  content.replaceChildren(rows.length ? table : make("p", "none", "note"));
}

function showState() {
  const text = make("pre", last.state && (asBytes ? asHex(last.state) : payload(last.state)));
  now.content.replaceChildren(...(last.state ? [form, text] : [make("p", "none", "note")]));
}

const all = (list) => number(list.all) + (list.list.length < list.all ? ", the first " + list.list.length : "");
const source = new EventSource("console/inspect?token=" + encodeURIComponent(here.searchParams.get("inspect")));
const on = (type, handle) => source.addEventListener(type, (event) => handle(JSON.parse(event.data)));

on("view", (view) => {
  last = view;
  title.textContent = view.actor;
  document.title = view.actor + " · Footlight";
  now.name(view.state ? number(view.state.bytes) + " bytes" : "");
  showState();
  keys.name(all(view.keys));
  table(keys, ["key", "bytes"], view.keys.list);
  clients.name(all(view.clients));
  table(clients, ["number", "from", "since", "path", "tags", "attached"], view.clients.list.map((client) =>
    ["#" + client.id, client.peer, clock(client.since), client.path, client.tags.join(", "), client.attached + " B"]));
  const rows = Object.entries(view.counters).filter(([, count]) => count);
  if (view.alarm !== undefined) rows.unshift(["alarm in", view.alarm + " ms"]);
  table(counters, ["counter", ""], rows.map(([name, count]) => [name.replaceAll("_", " "), count.toLocaleString()]));
});

on("event", (event) => {
  const entry = make("details", undefined, "event" + (event.failed ? " bad" : ""));
  const out = (event.out ?? []).length + (event.more ?? 0);
  const source = event.connection ? " #" + event.connection : event.from ? " from " + event.from : "";
  entry.append(make("summary", clock(event.at) + " " + event.type + source +
    " · " + number(event.bytes) + " B · " + event.us / 1000 + " ms · " + number(event.fuel) + " fuel" +
    (event.failed ? " · failed" : out ? " · " + out + " out" : "")));
  if (event.bytes) entry.append(make("pre", payload(event)));
  for (const sent of event.out ?? []) {
    const to = sent.to ? "to " + sent.to + ": " : "answer: ";
    entry.append(make("pre", "→ " + to + sent.type + ", " + number(sent.bytes) + " B " + payload(sent), "out"));
  }
  if (event.more) entry.append(make("p", "and " + event.more + " more", "note"));
  if (event.failed) entry.append(make("p", plain(event.failed)));
  entry.open = Boolean(event.failed);
  add(events, entry);
});

on("log", (line) => {
  const kind = { ERROR: "bad", WARN: "bad" }[line.level];
  add(lines, make("p", clock(line.at) + " " + line.level + " " + line.from + ": " + line.text, kind));
});

on("missed", ({ records }) => add(events, make("p", number(records) + " earlier or faster records are not shown", "note")));
source.onopen = () => { state.textContent = "inspecting"; };
source.onerror = () => {
  state.textContent = source.readyState === EventSource.CLOSED
    ? "the host refuses the token, or there are too many inspectors; open the URL that it prints at its start"
    : "the host is gone; trying again";
};
})();
