// A WebSocket that connects again, for the pages of actors. The host serves it at /footlight.js, without
// comments and indentation: build.rs takes them out, so each comment has lines of its own. docs/actors.md
// says how to use it.
"use strict";
{
  // Beside this file, so that a prefix that a proxy has added to all paths does not matter.
  const here = document.currentScript.src;
  // For closes without a reason. The host gives one.
  const words = {
    1000: "the actor has ended the connection",
    1006: "the connection is lost",
    1008: "the actor refuses this page",
  };
  // After these, the next connection may be better. After others, such as 1008, it would end in the same way.
  const again = [1001, 1005, 1006, 1009, 1011, 1012, 1013, 1014];

  // The page's query goes along, because it may have a token.
  globalThis.footlight = (url = "." + location.search) => {
    let socket, timer, wait = 0;

    const tell = (state, text) => {
      document.documentElement.dataset.footlight = my.state = state;
      my.onstatus(my.text = text, state);
    };

    const open = () => {
      const to = new URL(url, here);
      to.protocol = to.protocol.replace("http", "ws");
      const it = socket = new WebSocket(to);
      let opened = 0;
      it.binaryType = "arraybuffer";
      // A host without power does not even refuse.
      const deadline = setTimeout(() => opened || it.close(), 10000);
      it.onopen = () => {
        if (it !== socket) return;
        opened = Date.now();
        tell("open", "connected");
        my.onopen();
      };
      it.onmessage = ({ data }) => it === socket && my.onmessage(data);
      it.onclose = async ({ code, reason }) => {
        clearTimeout(deadline);
        let text = `${reason || words[code] || "closed"} (${code})`;
        if (!opened) {
          // The browser does not tell why. Whoever has this file is there, and refuses.
          text = await fetch(here, { mode: "no-cors" }).then(
            () => "the host refuses this page; its log says why", () => "the host can't be reached");
        }
        if (it !== socket) return;
        if (!again.includes(code)) return tell("closed", text);
        // Who is let in and fails at once waits longer each time, too.
        if (opened && Date.now() - opened > 5000) wait = 0;
        wait = Math.min(30, wait * 2 || 0.5);
        // Not all pages at the same moment.
        const pause = wait * (1 + Math.random()) / 2;
        timer = setTimeout(open, pause * 1000);
        tell("lost", `${text}; connects again in ${Math.ceil(pause)} s`);
      };
    };

    const my = {
      onopen() {},
      onmessage() {},
      onstatus() {},
      connect() {
        my.close();
        wait = 0;
        tell("connecting", "connecting");
        open();
      },
      close() {
        const old = socket;
        clearTimeout(timer);
        socket = null;
        old?.close();
        tell("closed", "not connected");
      },
      // Says whether it is sent.
      send(data) {
        const can = socket?.readyState === 1;
        can ? socket.send(data) : my.onstatus("not sent: " + my.text, my.state);
        return can;
      },
    };

    addEventListener("online", () => my.state === "lost" && my.connect());
    // The page sets its functions first.
    queueMicrotask(my.connect);
    return my;
  };
}
