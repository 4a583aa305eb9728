// Keeps what a marker changes until the server has it: a change is in the browser's own store first
// and leaves it when the gradebook has it, so that neither a closed page nor a killed server loses it.

const AGAIN = 2000; // milliseconds

export class Keeper {
  // `send(id, change, seen, last)` resolves to { status, mark, error }, with status 0 where nobody
  // answers; `store` is like localStorage, and what begins with `prefix` in it is this marker's;
  // `say(what, id, details)` hears what happens; `later(task, milliseconds)` is setTimeout.
  constructor({ send, store, prefix, say, later = (task, wait) => setTimeout(task, wait) }) {
    this.send = send;
    this.store = store;
    this.prefix = prefix;
    this.say = say;
    this.later = later;
    this.known = new Map(); // what the server said last, by answer
    this.conflicts = new Map(); // what somebody else has written meanwhile
    this.pending = new Map(); // { change, seen }
    this.sending = new Map(); // what ends when all of an answer is written
    this.waits = false;
    for (let at = 0; at < store.length; at++) {
      const name = store.key(at);
      if (!name.startsWith(prefix)) continue;
      try {
        this.pending.set(name.slice(prefix.length), JSON.parse(store.getItem(name)));
      } catch {
        // written by something else: left alone
      }
    }
  }

  // What an answer is marked with: what was changed last, before what the server knows.
  shown(id) {
    return { ...this.known.get(id), ...this.pending.get(id)?.change };
  }

  learn(id, mark) {
    this.known.set(id, mark);
  }

  change(id, what) {
    const before = this.pending.get(id);
    const { points = null, comment = '' } = this.known.get(id) ?? {};
    this._put(id, {
      change: { ...before?.change, ...what },
      seen: before?.seen ?? { points, comment },
    });
  }

  // Resolves when nothing of an answer is left to be sent, or can be now.
  flush(id) {
    if (this.pending.has(id) && !this.sending.has(id) && !this.conflicts.has(id)) {
      this.sending.set(id, this._flush(id));
    }
    return this.sending.get(id) ?? Promise.resolve();
  }

  async _flush(id) {
    try {
      while (this.pending.has(id)) {
        const sent = this.pending.get(id);
        this.say('saving', id);
        const { status, mark, error } = await this.send(id, sent.change, sent.seen, false);
        if (status === 200) {
          this.known.set(id, mark);
          if (this.pending.get(id) === sent) {
            this._drop(id);
          } else {
            this._put(id, {
              ...this.pending.get(id),
              seen: { points: mark.points, comment: mark.comment },
            });
          }
          if (!this.pending.has(id)) this.say('saved', id);
        } else if (status === 409) {
          this.conflicts.set(id, mark);
          this.say('conflict', id, mark);
          return;
        } else if (status === 400 || status === 404) {
          this._drop(id);
          this.say('refused', id, error);
        } else {
          this.say('waiting', id, error);
          this._again();
          return;
        }
      }
    } finally {
      this.sending.delete(id);
    }
  }

  // The page is about to go: whatever isn't sent is sent without waiting for what comes of it.
  leave() {
    for (const [id, { change, seen }] of this.pending) {
      if (!this.conflicts.has(id)) this.send(id, change, seen, true);
    }
  }

  flushAll() {
    return Promise.all([...this.pending.keys()].map((id) => this.flush(id)));
  }

  // Between what somebody else wrote and what is kept here.
  settle(id, mine) {
    const now = this.conflicts.get(id);
    this.conflicts.delete(id);
    this.known.set(id, now);
    if (mine) {
      this._put(id, {
        ...this.pending.get(id),
        seen: { points: now.points, comment: now.comment },
      });
      return this.flush(id);
    }
    this._drop(id);
    return Promise.resolve();
  }

  _again() {
    if (this.waits) return;
    this.waits = true;
    this.later(() => {
      this.waits = false;
      this.flushAll();
    }, AGAIN);
  }

  _put(id, draft) {
    this.pending.set(id, draft);
    this.store.setItem(this.prefix + id, JSON.stringify(draft));
  }

  _drop(id) {
    this.pending.delete(id);
    this.store.removeItem(this.prefix + id);
  }
}
