// Shows this machine's load, memory and uptime every second, from the files in /proc. footlight.d.ts
// has all that a script may use.

// The text of a file in a folder that manifest.toml shares.
function read(file) {
  try {
    return files.readText(file);
  } catch {
    return "";
  }
}

// The first number in a file: of loadavg, how many programs wanted to run on average of a minute,
// and of uptime, the seconds. What is no number becomes null in JSON.
const first = (file) => parseFloat(read(file));

// The part of the memory in use, in hundredths.
function memory() {
  const text = read("proc/meminfo");
  const kilobytes = (name) => parseFloat(text.split(`${name}:`)[1]);
  return Math.floor(100 - (100 * kilobytes("MemAvailable")) / kilobytes("MemTotal"));
}

const measure = () => ({ load: first("proc/loadavg"), memory: memory(), uptime: first("proc/uptime") });

export function connect(client) {
  client.send(measure());
}

// Comes at each `tick` of manifest.toml.
export function alarm() {
  if (clients().length > 0) broadcast(measure());
}
