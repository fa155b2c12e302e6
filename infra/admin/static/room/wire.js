// Requests to the app: JSON, the session's token in a header. A request that found no server is a `Failure` of status 0.
export class Failure extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

const SECONDS = 20;

export class Wire {
  constructor({ user, csrf }) {
    this.user = user;
    this.csrf = csrf;
  }

  async post(path, body) {
    let answer;
    try {
      answer = await fetch(path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", "x-csrf": this.csrf },
        redirect: "error",
        signal: AbortSignal.timeout(SECONDS * 1000),
      });
    } catch {
      throw new Failure(0);
    }
    if (!answer.ok) throw new Failure(answer.status);
    return answer.json().catch(() => {
      throw new Failure(0);
    });
  }

  // Another log-in has another token: asked for, and believed only if it is the same person's.
  async renew() {
    const answer = await fetch("/room/door", { redirect: "error", signal: AbortSignal.timeout(SECONDS * 1000) }).catch(() => {
      throw new Failure(0);
    });
    if (!answer.ok) throw new Failure(answer.status);
    const { user, csrf } = await answer.json();
    if (user !== this.user) throw new Failure(401);
    this.csrf = csrf;
  }

  leave(documents) {
    return navigator.sendBeacon("/room/leave", new URLSearchParams({ csrf: this.csrf, documents: documents.join(",") }));
  }
}
