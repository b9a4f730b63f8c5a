/** Runs a task with the newest of the values asked for, one run at a time. */
export function latest(task) {
  let next;
  let running = false;
  return async (value) => {
    next = { value };
    if (running) return;
    running = true;
    try {
      while (next) {
        const { value } = next;
        next = undefined;
        await task(value);
      }
    } finally {
      running = false;
    }
  };
}
